import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/**
 * A `removed` block: Terraform forgets a resource that an earlier version of the stack created at this place
 * in the tree, and leaves it as it is. If there never was one, nothing happens.
 */
export class RemovedBlock extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    private readonly resourceType: string,
  ) {
    super(scope, id, resourceType);
  }

  public override toTerraform() {
    const from = `${this.resourceType}.${this.friendlyUniqueId}`;
    return { removed: [{ from, lifecycle: { destroy: false } }] };
  }

  /** @throws ValidationError IV1102, since cdktf's HCL would lack the block, and Terraform destroy the resource */
  public override toHclTerraform(): never {
    throw new ValidationError(rules.hclLacksRemoved(`${this.resourceType}.${this.friendlyUniqueId}`), this);
  }
}
