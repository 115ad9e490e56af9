import type { TerraformStack } from "cdktf";
import type { Mesh } from "../config/mesh";

/** Gives providers of a stack the versions mesh.yaml asks for, in place of the one cdktf's binding was made from. */
export function constrainProviders(stack: TerraformStack, versions: Partial<Mesh["providers"]>): void {
  for (const [name, version] of Object.entries(versions)) {
    stack.addOverride(`terraform.required_providers.${name}.version`, version);
  }
}
