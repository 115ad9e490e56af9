import { Release as HelmRelease } from "@cdktf/provider-helm/lib/release";
import { Lazy } from "cdktf";
import { hclText } from "./hcl-text";

/** A Helm release whose values `cdktf synth --hcl` writes as they are. */
export class Release extends HelmRelease {
  protected override synthesizeHclAttributes() {
    const attributes = super.synthesizeHclAttributes();
    // The text is known when the stack is synthesized.
    const value = this.valuesInput?.map((text) =>
      Lazy.stringValue({ produce: (context) => hclText(context.resolve(text)) }),
    );
    return { ...attributes, values: { ...attributes.values, value } };
  }
}
