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
   * Lifetime of the CA. It cannot be changed in place.
   * @default Duration.years(10)
   */
  readonly validFor?: Duration;
  /**
   * Whether Terraform refuses to destroy the mount and the CA.
   * @default true
   */
  readonly preventDestroy?: boolean;
  /**
   * The Vault provider that makes it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * A CA for gateways' certificates, for meshes without one in Vault already.
 *
 * Creates a PKI mount and a self-signed CA whose key stays in Vault. It has nothing to do with the
 * mesh's roots: what it issues is no identity in the mesh. Clients of the gateways must be given its
 * certificate, which Vault shows to anyone at `<mountPath>/ca/pem`.
 * Destroying it ends what the clients trust; hence `prevent_destroy`.
 * There is no import: others need `mountPath` alone.
 */
export class GatewayCa extends Construct implements ITerraformDependable {
  /** What needs the CA names this in its `dependsOn`. */
  public readonly fqn: string;
  /** Path of the PKI mount, as `GatewayCertificateSource.vaultPki` takes it. */
  public readonly mountPath: string;

  /**
   * @throws ValidationError IV1101 if the stack is of another core than this package
   * @throws ValidationError IV0803 if `mountPath` is no exact path
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
      // Vault cuts every certificate to this; its own default is 32 days.
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
