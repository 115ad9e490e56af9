import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import { type ITerraformDependable, type TerraformProvider, Token } from "cdktf";
import type { Construct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { CA_KEY, type PinnedVault } from "./agent-annotations";
import { waitFor } from "./order";
import { parseCertificates } from "./pem";

/** The Vault that pods ask for their files. */
export interface VaultEndpoint {
  /** URL of Vault as pods reach it. */
  readonly address: string;
  /**
   * Vault namespace the agents log in to.
   * @default - none
   */
  readonly namespace?: string;
  /**
   * PEM of the private CA that signed Vault's server certificate. Public; kept in a Secret beside the pod,
   * where the injector takes it from.
   * @default - the CAs of the agent's image, or those the injector names
   */
  readonly caCertificate?: string;
}

/** The pins of one release, and the Secret they need. */
export interface VaultPins {
  readonly pinned: PinnedVault | undefined;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * What pins a release's pods to a Vault.
 *
 * @throws ValidationError IV0303 if `caCertificate` is no PEM certificate
 * @throws ValidationError IV0410 if `dependsOn` names something of another app
 */
export function pinVault(
  scope: Construct,
  vault: VaultEndpoint | undefined,
  release: {
    readonly name: string;
    readonly namespace: string;
    readonly provider: TerraformProvider | undefined;
    /** What the release waits for, such as its namespace. */
    readonly dependsOn: readonly ITerraformDependable[] | undefined;
  },
): VaultPins {
  if (!vault) return { pinned: undefined, dependsOn: [] };
  const { address, namespace, caCertificate } = vault;
  if (caCertificate === undefined) return { pinned: { address, namespace }, dependsOn: [] };
  if (!Token.isUnresolved(caCertificate) && !parseCertificates(caCertificate)) {
    throw new ValidationError(rules.caCertificateForm("vault.caCertificate"), scope);
  }
  const caSecret = `${release.name}-vault-ca`;
  const secret = new SecretV1(scope, "VaultCa", {
    provider: release.provider,
    metadata: { name: caSecret, namespace: release.namespace },
    data: { [CA_KEY]: caCertificate },
  });
  waitFor(secret, { dependsOn: release.dependsOn });
  return { pinned: { address, namespace, caSecret }, dependsOn: [secret] };
}
