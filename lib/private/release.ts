import { Release as HelmRelease } from "@cdktf/provider-helm/lib/release";
import { Lazy } from "cdktf";

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

/** Text as it stands between quotes in HCL, where cdktf escapes the quotes alone. Expressions in it stay as they are. */
export function hclText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
