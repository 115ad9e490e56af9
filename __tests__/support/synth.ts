import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { TerraformStack, Testing } from "cdktf";
import { FIXTURES } from "./fixtures";

/** A public, self-signed CA certificate. */
export const CA_PEM = readFileSync(join(FIXTURES, "clusters", "cluster1-ca.pem"), "utf8");

/** A stack with the providers the constructs need. */
export function testStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), "test");
  new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
  new TlsProvider(stack, "Tls");
  new HelmProvider(stack, "Helm");
  return stack;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Properties = Record<string, any>;

/** A synthesized stack, validated. */
export class Synthesized {
  private readonly json: Properties;

  constructor(stack: TerraformStack) {
    this.json = JSON.parse(Testing.synth(stack, true));
  }

  /** Every resource of a Terraform type. */
  public all(type: string): Properties[] {
    return Object.values(this.json.resource?.[type] ?? {});
  }

  /** The one resource of a Terraform type. */
  public only(type: string): Properties {
    const all = this.all(type);
    expect(all).toHaveLength(1);
    return all[0];
  }

  /** How many resources there are of each type. */
  public counts(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.json.resource ?? {}).map(([type, byId]) => [
        type,
        Object.keys(byId as object).length,
      ]),
    );
  }

  /** Values of the one Helm release. */
  public helmValues(): Properties {
    return JSON.parse(this.only("helm_release").values[0]);
  }
}
