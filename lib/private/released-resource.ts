import { TerraformElement } from "cdktf";
import type { Construct } from "constructs";

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
}
