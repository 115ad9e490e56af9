import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { ROOT_COMMON_NAME } from "./private/defaults";
import { requireName } from "./private/names";
import { requireOneCore } from "./private/one-core";
import type { IntermediateRequest, IRootCa, SignedIntermediate, VaultSigner } from "./root-ca";
import { type BoundRoot, type ExistingRootOptions, RootSource, VaultPkiRootElsewhere } from "./root-source";

/** Properties of {@link IstioRootCA}. */
export interface IstioRootCAProps {
  /**
   * Short name of the root, such as `a` or `2026`: lower-case letters, digits and dashes, at most 40.
   * A root is never changed in place; a new root is a new name.
   */
  readonly rootName: string;
  /** Where key and certificate come from. */
  readonly source: RootSource;
  /**
   * Common name of the certificate that this construct creates.
   * @default "Root CA"
   */
  readonly commonName?: string;
  /**
   * Organization of the certificate that this construct creates.
   * @default "Istio"
   */
  readonly organization?: string;
  /**
   * Whether Terraform refuses to destroy what this construct creates.
   * @default true
   */
  readonly preventDestroy?: boolean;
  /**
   * The provider that creates the root, and signs with it: Vault's, or tls for `RootSource.tlsProvider`.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** Attributes of a root that is created elsewhere. */
export interface RootCaAttributes extends ExistingRootOptions {
  /** Short name of the root, as in the stack that creates it. */
  readonly rootName: string;
  /**
   * The Vault provider that signs with it.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/**
 * A root: the self-signed CA certificate that the intermediates of all clusters chain to.
 *
 * Creates, by source: `vaultPki` a PKI mount and a root certificate whose key stays in Vault;
 * `tlsProvider` a key and a certificate in Terraform's state; `existing` and `offline` nothing.
 * After destroying or replacing it, no workload whose certificate chains to it is trusted any more, which
 * is why both have `prevent_destroy`.
 */
export class IstioRootCA extends Construct implements IRootCa {
  /**
   * A root whose PKI mount another stack owns. An imported instance signs, but cannot change the root's
   * lifetime or mount.
   *
   * @throws ValidationError IV0110, IV0208, IV0551 as the constructor and `RootSource.existing` do
   */
  public static fromRootCaAttributes(scope: Construct, id: string, attributes: RootCaAttributes): IRootCa {
    const { rootName, provider, ...existing } = attributes;
    return new IstioRootCA(scope, id, { rootName, source: RootSource.existing(existing), provider });
  }

  /**
   * A root that another stack creates by `RootSource.vaultPki` under its default mount, and only that: its certificate is
   * read from Vault, at each plan, so that stack is deployed first. An imported instance signs, but cannot change
   * the root's lifetime or mount.
   *
   * @param provider the Vault provider that reads it and signs with it; by default the stack's own
   * @throws ValidationError IV0110 if `rootName` has another form
   * @throws ValidationError IV0130 if `rootName` is known only to Terraform
   */
  public static fromRootName(
    scope: Construct,
    id: string,
    rootName: string,
    provider?: TerraformProvider,
  ): IRootCa {
    return new IstioRootCA(scope, id, { rootName, source: new VaultPkiRootElsewhere(), provider });
  }

  public readonly rootName: string;
  public readonly certificatePem: string;
  public readonly signer: VaultSigner | undefined;
  private readonly bound: BoundRoot;

  /**
   * @throws ValidationError IV0110 if `rootName` has another form
   * @throws ValidationError IV1101 if the stack uses another core than this package
   */
  constructor(scope: Construct, id: string, props: IstioRootCAProps) {
    super(scope, id);
    requireOneCore(this);
    requireName("rootName", props.rootName, this);
    this.rootName = props.rootName;
    this.bound = props.source.bind(this, {
      rootName: props.rootName,
      subject: {
        commonName: props.commonName ?? ROOT_COMMON_NAME,
        organization: props.organization ?? "Istio",
      },
      preventDestroy: props.preventDestroy ?? true,
      provider: props.provider,
    });
    this.certificatePem = this.bound.certificatePem;
    this.signer = this.bound.signer;
  }

  public certificateIn(scope: Construct, id: string, provider?: TerraformProvider): string {
    return this.bound.certificateIn(scope, id, provider);
  }

  public signIntermediate(scope: Construct, id: string, request: IntermediateRequest): SignedIntermediate {
    return this.bound.signIntermediate(scope, id, request);
  }
}
