import type { TerraformStack } from "cdktf";
import type { Mesh } from "../config/mesh";

/** Sets the provider versions of a stack to those in mesh.yaml, instead of the one that cdktf's binding was generated from. */
export function constrainProviders(stack: TerraformStack, versions: Partial<Mesh["providers"]>): void {
  for (const [name, version] of Object.entries(versions)) {
    stack.addOverride(`terraform.required_providers.${name}.version`, version);
  }
}
