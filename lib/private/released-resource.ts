import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/**
 * A resource that an earlier version of the stack made at this very place in the tree, and that is now
 * someone else's: Terraform forgets it and leaves it as it is. Where it never was, nothing happens.
 */
export class ReleasedResource extends TerraformElement {
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
