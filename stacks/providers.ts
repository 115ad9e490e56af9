import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import type { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Mesh } from "../config/mesh";
import { hclText } from "../lib/private/release";

/** Sets the provider versions of a stack to those in mesh.yaml, instead of the one that cdktf's binding was generated from. */
export function constrainProviders(stack: TerraformStack, versions: Partial<Mesh["providers"]>): void {
  for (const [name, version] of Object.entries(versions)) {
    stack.addOverride(`terraform.required_providers.${name}.version`, version);
  }
}

/** Helm's provider with its access to a cluster as the attribute it is: from its props, cdktf makes a block in HCL. */
export class HelmAccess extends HelmProvider {
  /** @param access by the provider's own keys, in snake_case */
  constructor(
    scope: Construct,
    id: string,
    private readonly access: object,
  ) {
    super(scope, id);
    this.addOverride("kubernetes", access);
  }

  public override toHclTerraform() {
    const block = super.toHclTerraform();
    const escaped = (_key: string, value: unknown) => (typeof value === "string" ? hclText(value) : value);
    block.provider.helm[0].kubernetes = JSON.parse(JSON.stringify(this.access), escaped);
    return block;
  }
}
