import { Release as HelmRelease } from "@cdktf/provider-helm/lib/release";
import { hclText } from "./hcl-text";

/** A Helm release whose values `cdktf synth --hcl` writes as they are. */
export class Release extends HelmRelease {
  protected override synthesizeHclAttributes() {
    const attributes = super.synthesizeHclAttributes();
    return { ...attributes, values: { ...attributes.values, value: this.valuesInput?.map(hclText) } };
  }
}
