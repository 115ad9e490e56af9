import { DataVaultPkiSecretBackendIssuer } from "@cdktf/provider-vault/lib/data-vault-pki-secret-backend-issuer";
import { LocallySignedCert } from "@cdktf/provider-tls/lib/locally-signed-cert";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key";
import { SelfSignedCert } from "@cdktf/provider-tls/lib/self-signed-cert";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import { PkiSecretBackendRootSignIntermediate } from "@cdktf/provider-vault/lib/pki-secret-backend-root-sign-intermediate";
import { Fn, type TerraformProvider, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Duration } from "./duration";
import { ValidationError } from "./errors";
import type { KeyAlgorithm } from "./key-algorithm";
import { rootMount } from "./names";
import { PKI_ISSUER, ROOT_KEY_ALGORITHM, ROOT_LIFETIME } from "./private/defaults";
import { tlsKeyAlgorithm, vaultKeyAlgorithm } from "./private/key-arguments";
import { isOfSameStack, requireNames, stackOf } from "./private/order";
import { canonicalPem, isSelfSignedCa, whyRefused } from "./private/pem";
import { requireKnown } from "./private/tokens";
import { requireVaultPaths } from "./private/vault-paths";
import type { CaSubject, IntermediateRequest, SignedIntermediate, VaultSigner } from "./root-ca";
import { rules } from "./rules";

/** Usages of the article's CA certificates, in the tls provider's words. */
const CA_USAGES = [
  "digital_signature",
  "content_commitment",
  "key_encipherment",
  "cert_signing",
  "crl_signing",
];

/** Options of {@link RootSource.vaultPki}. */
export interface VaultPkiRootOptions {
  /**
   * Kind and size of the root's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the root. It cannot be changed in place: a new root needs a new name.
   * @default Duration.years(10)
   */
  readonly validFor?: Duration;
  /**
   * Path of the PKI mount to create.
   * @default - `istio-root-<name of the root>`
   */
  readonly mountPath?: string;
}

/** Options of {@link RootSource.tlsProvider}. */
export interface TlsProviderRootOptions {
  /** Accepts that the root's private key is kept in Terraform's state: whoever can read that can sign for the mesh. */
  readonly acceptKeysInState: true;
  /**
   * Kind and size of the root's key.
   * @default KeyAlgorithm.rsa(4096)
   */
  readonly keyAlgorithm?: KeyAlgorithm;
  /**
   * Lifetime of the root.
   * @default Duration.years(10)
   */
  readonly validFor?: Duration;
}

/** Options of {@link RootSource.existing}. */
export interface ExistingRootOptions {
  /** Path of an existing PKI mount, which is not managed here. */
  readonly mountPath: string;
  /**
   * Id or name of the issuer within the mount.
   * @default "default" - the mount's default issuer
   */
  readonly issuer?: string;
  /** PEM of the self-signed certificate at the top of that issuer's chain. Public; istiod distributes it to workloads. */
  readonly certificatePem: string;
}

/** Options of {@link RootSource.offline}. */
export interface OfflineRootOptions {
  /** PEM of the self-signed certificate. Public; istiod distributes it to workloads. */
  readonly certificatePem: string;
}

/** What a source creates for a root in a scope. */
export interface BoundRoot {
  /** The self-signed certificate, as PEM. */
  readonly certificatePem: string;
  /** Where in Vault it signs; undefined if it signs elsewhere. */
  readonly signer: VaultSigner | undefined;
  /** As {@link IRootCa.certificateIn}. */
  certificateIn(scope: Construct, id: string, provider?: TerraformProvider): string;
  /** As {@link IRootCa.signIntermediate}. */
  signIntermediate(scope: Construct, id: string, request: IntermediateRequest): SignedIntermediate;
}

/** What a source needs to know about its root. */
export interface RootBinding {
  /** Short name of the root. */
  readonly rootName: string;
  /** Subject of the certificate. */
  readonly subject: CaSubject;
  /** Whether Terraform refuses to destroy what is created. */
  readonly preventDestroy: boolean;
  /**
   * The provider that creates it: Vault's or tls, by source.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** Where a root's key and certificate come from. */
export abstract class RootSource {
  /**
   * A separate PKI mount; the key is generated inside Vault and never leaves it.
   * The certificate has `pathlen:1`.
   *
   * @throws ValidationError IV0803 if `mountPath` is not an exact path
   */
  public static vaultPki(options: VaultPkiRootOptions = {}): RootSource {
    requireVaultPaths({ mountPath: options.mountPath });
    return new VaultPkiRoot(options);
  }

  /**
   * Key and certificate by Terraform's tls provider. **The root's private key is kept in the state**,
   * and the certificates have no path length, which that provider cannot set.
   *
   * @throws ValidationError IV0207 unless `acceptKeysInState` is true
   */
  public static tlsProvider(options: TlsProviderRootOptions): RootSource {
    if (options.acceptKeysInState !== true) throw new ValidationError(rules.rootKeyInStateNotAccepted());
    return new TlsProviderRoot(options);
  }

  /**
   * An issuer in an existing PKI mount; nothing is created.
   *
   * @throws ValidationError IV0208 unless `certificatePem` is one self-signed CA certificate
   * @throws ValidationError IV0551 if istiod or proxies do not read it
   * @throws ValidationError IV0803 if `mountPath` or `issuer` is not an exact path
   */
  public static existing(options: ExistingRootOptions): RootSource {
    requireVaultPaths({ mountPath: options.mountPath, issuer: options.issuer });
    return new ExistingRoot({ ...options, certificatePem: rootCertificate(options.certificatePem) });
  }

  /**
   * A root of which only the certificate is known: its key is elsewhere, or gone. It can be trusted,
   * but not used to sign here.
   *
   * @throws ValidationError IV0208 unless `certificatePem` is one self-signed CA certificate
   * @throws ValidationError IV0551 if istiod or proxies do not read it
   */
  public static offline(options: OfflineRootOptions): RootSource {
    return new OfflineRoot(rootCertificate(options.certificatePem));
  }

  /** Creates the root's resources below `scope`. Called by `IstioRootCA`. */
  public abstract bind(scope: Construct, root: RootBinding): BoundRoot;
}

class VaultPkiRoot extends RootSource {
  constructor(private readonly options: VaultPkiRootOptions) {
    super();
  }

  public bind(scope: Construct, root: RootBinding): BoundRoot {
    const { rootName, subject, preventDestroy, provider } = root;
    const { keyAlgorithm = ROOT_KEY_ALGORITHM, validFor = ROOT_LIFETIME } = this.options;
    const mountPath = this.options.mountPath ?? rootMount(rootName);
    const mount = new Mount(scope, "Mount", {
      provider,
      path: mountPath,
      type: "pki",
      description: `Istio root ${rootName}`,
      // Vault limits every certificate to this; its own default is 32 days.
      maxLeaseTtlSeconds: validFor.toSeconds(),
      lifecycle: { preventDestroy },
    });
    const certificate = new PkiSecretBackendRootCert(scope, "Resource", {
      provider,
      backend: mount.path,
      type: "internal",
      issuerName: rootName,
      commonName: subject.commonName,
      organization: subject.organization,
      excludeCnFromSans: true,
      ...vaultKeyAlgorithm(keyAlgorithm),
      maxPathLength: 1,
      ttl: `${validFor.toSeconds()}`,
      lifecycle: { preventDestroy },
    });
    return boundInVault(scope, root, {
      mountPath,
      backend: mount.path,
      certificatePem: certificate.certificate,
      issuerId: certificate.issuerId,
    });
  }
}

/** A root that `vaultPki` creates in another stack, by its default mount. */
export class VaultPkiRootElsewhere extends RootSource {
  public bind(scope: Construct, root: RootBinding): BoundRoot {
    requireKnown("rootName", root.rootName, scope);
    const mountPath = rootMount(root.rootName);
    const issuer = new DataVaultPkiSecretBackendIssuer(scope, "Resource", {
      provider: root.provider,
      backend: mountPath,
      issuerRef: root.rootName,
    });
    return boundInVault(scope, root, {
      mountPath,
      backend: mountPath,
      certificatePem: issuer.certificate,
      issuerId: issuer.issuerId,
    });
  }
}

/** A root's issuer, as its stack knows it. */
interface IssuerInVault {
  readonly mountPath: string;
  /** Of a mount of the same stack a reference, by which what is signed waits for it. */
  readonly backend: string;
  readonly certificatePem: string;
  readonly issuerId: string;
}

/** In its own stack by references; in another one by its name, which the mount knows. */
function boundInVault(
  scope: Construct,
  { rootName, provider }: RootBinding,
  { mountPath, backend, certificatePem, issuerId }: IssuerInVault,
): BoundRoot {
  const signer = { mountPath, issuer: rootName };
  return {
    certificatePem,
    signer,
    certificateIn: (owner, id, ownersProvider) => {
      if (isOfSameStack(owner, scope)) return certificatePem;
      requireKnown("rootName", rootName, scope);
      return new DataVaultPkiSecretBackendIssuer(owner, id, {
        provider: ownersProvider,
        backend: mountPath,
        issuerRef: rootName,
      }).certificate;
    },
    signIntermediate: (owner, id, request) =>
      isOfSameStack(owner, scope)
        ? signInVault(owner, id, { mountPath: backend, issuer: issuerId }, { ...request, provider })
        : signInVault(owner, id, signer, request),
  };
}

class TlsProviderRoot extends RootSource {
  constructor(private readonly options: TlsProviderRootOptions) {
    super();
  }

  public bind(scope: Construct, { rootName, subject, preventDestroy, provider }: RootBinding): BoundRoot {
    const { keyAlgorithm = ROOT_KEY_ALGORITHM, validFor = ROOT_LIFETIME } = this.options;
    const key = new PrivateKey(scope, "Key", {
      provider,
      ...tlsKeyAlgorithm(keyAlgorithm),
      lifecycle: { preventDestroy },
    });
    const certificate = new SelfSignedCert(scope, "Resource", {
      provider,
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: subject.commonName, organization: subject.organization }],
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USAGES,
      validityPeriodHours: validFor.toHours(),
      lifecycle: { preventDestroy },
    });
    const requireSameStack = (owner: Construct) => {
      if (isOfSameStack(owner, scope)) return;
      throw new ValidationError(rules.rootOfOtherStack(rootName, stackOf(scope)!.node.id), owner);
    };
    return {
      certificatePem: certificate.certPem,
      signer: undefined,
      certificateIn: (owner) => {
        requireSameStack(owner);
        return certificate.certPem;
      },
      signIntermediate: (owner, id, request) => {
        requireSameStack(owner);
        const intermediate = new LocallySignedCert(owner, id, {
          provider,
          certRequestPem: request.csrPem,
          caPrivateKeyPem: key.privateKeyPem,
          caCertPem: certificate.certPem,
          isCaCertificate: true,
          setSubjectKeyId: true,
          allowedUses: CA_USAGES,
          validityPeriodHours: request.validFor.toHours(),
        });
        return {
          certificatePem: intermediate.certPem,
          chainPem: Fn.join("", [intermediate.certPem, certificate.certPem]),
        };
      },
    };
  }
}

class ExistingRoot extends RootSource {
  constructor(private readonly options: ExistingRootOptions) {
    super();
  }

  public bind(scope: Construct, { provider }: RootBinding): BoundRoot {
    const { mountPath, issuer = PKI_ISSUER, certificatePem } = this.options;
    const signer = { mountPath, issuer };
    return {
      certificatePem,
      signer,
      certificateIn: (owner) => {
        requireNames(owner, scope, { certificatePem });
        return certificatePem;
      },
      signIntermediate: (owner, id, request) =>
        signInVault(owner, id, signer, isOfSameStack(owner, scope) ? { ...request, provider } : request),
    };
  }
}

class OfflineRoot extends RootSource {
  constructor(private readonly certificatePem: string) {
    super();
  }

  public bind(scope: Construct, { rootName }: RootBinding): BoundRoot {
    const { certificatePem } = this;
    return {
      certificatePem,
      signer: undefined,
      certificateIn: (owner) => {
        requireNames(owner, scope, { certificatePem });
        return certificatePem;
      },
      signIntermediate: (owner) => {
        throw new ValidationError(rules.rootCannotSign(rootName), owner);
      },
    };
  }
}

/** A root's certificate as it goes into bundles. */
function rootCertificate(certificatePem: string): string {
  if (Token.isUnresolved(certificatePem)) return certificatePem;
  if (!isSelfSignedCa(certificatePem)) throw new ValidationError(rules.rootNotSelfSigned());
  const refused = whyRefused(certificatePem);
  if (refused !== undefined) throw new ValidationError(rules.rootRefused(refused));
  return canonicalPem(certificatePem);
}

function signInVault(
  scope: Construct,
  id: string,
  signer: VaultSigner,
  request: IntermediateRequest,
): SignedIntermediate {
  const signed = new PkiSecretBackendRootSignIntermediate(scope, id, {
    provider: request.provider,
    backend: signer.mountPath,
    issuerRef: signer.issuer,
    csr: request.csrPem,
    commonName: request.subject.commonName,
    organization: request.subject.organization,
    locality: request.subject.locality,
    altNames: [request.dnsName],
    excludeCnFromSans: true,
    // A cluster's CA signs workloads and no further CA.
    maxPathLength: 0,
    ttl: request.validFor.toGoString(),
  });
  return { certificatePem: signed.certificate, chainPem: Fn.join("\n", signed.caChain) };
}
