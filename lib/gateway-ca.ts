import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import type { ITerraformDependable, TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "./duration";
import { KeyAlgorithm } from "./key-algorithm";
import { GATEWAY_CA_MOUNT } from "./names";
import { vaultKeyAlgorithm } from "./private/key-arguments";
import { requireVaultPaths } from "./private/vault-paths";
import { requireOneCore } from "./private/one-core";

/** Properties of {@link GatewayCa}. */
export interface GatewayCaProps {
  /**
   * Path of the PKI mount to create.
   * @default "istio-gateways"
   */
  readonly mountPath?: string;
  /**
   * Kind and size of the CA's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the CA. Changing it replaces the CA.
   * @default Duration.years(10)
   */
  readonly validFor?: Duration;
  /**
   * Whether Terraform refuses to destroy the mount and the CA.
   * @default true
   */
  readonly preventDestroy?: boolean;
  /**
   * The Vault provider that creates it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * A CA for gateways' certificates, for meshes that have none in Vault yet.
 *
 * Creates a PKI mount and a self-signed CA whose key stays in Vault. It is independent of the mesh's
 * roots: what it issues is not an identity in the mesh. Clients of the gateways need its certificate,
 * which Vault serves to anyone at `<mountPath>/ca/pem`.
 * Destroying it destroys the CA that clients trust; hence `prevent_destroy`.
 * There is no import: other constructs need only `mountPath`.
 */
export class GatewayCa extends Construct implements ITerraformDependable {
  /** For `dependsOn` of what needs the CA. */
  public readonly fqn: string;
  /** Path of the PKI mount, as `GatewayCertificateSource.vaultPki` takes it. */
  public readonly mountPath: string;

  /**
   * @throws ValidationError IV1101 if the stack uses another core than this package
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   */
  constructor(scope: Construct, id: string, props: GatewayCaProps = {}) {
    super(scope, id);
    requireOneCore(this);
    const { validFor = Duration.years(10), preventDestroy = true, provider } = props;
    requireVaultPaths({ mountPath: props.mountPath }, this);
    this.mountPath = props.mountPath ?? GATEWAY_CA_MOUNT;
    const mount = new Mount(this, "Mount", {
      provider,
      path: this.mountPath,
      type: "pki",
      description: "Certificates of Istio's gateways",
      // Vault limits every certificate to this; its own default is 32 days.
      maxLeaseTtlSeconds: validFor.toSeconds(),
      lifecycle: { preventDestroy },
    });
    const certificate = new PkiSecretBackendRootCert(this, "Resource", {
      provider,
      backend: mount.path,
      type: "internal",
      commonName: "Istio gateways",
      excludeCnFromSans: true,
      ...vaultKeyAlgorithm(props.keyAlgorithm ?? KeyAlgorithm.rsa(4096)),
      maxPathLength: 0,
      ttl: `${validFor.toSeconds()}`,
      lifecycle: { preventDestroy },
    });
    this.fqn = certificate.fqn;
  }
}
