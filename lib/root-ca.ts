import type { TerraformProvider } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import type { Duration } from "./duration";

/** Subject of a CA certificate, in the fields the article's certificates use. */
export interface CaSubject {
  /** Its common name. */
  readonly commonName: string;
  /** Its organization. */
  readonly organization: string;
  /**
   * Its locality.
   * @default - none
   */
  readonly locality?: string;
}

/** What a root is asked to sign. */
export interface IntermediateRequest {
  /** PEM of the certificate signing request. */
  readonly csrPem: string;
  /** Subject of the certificate. */
  readonly subject: CaSubject;
  /** The DNS name istiod serves under. */
  readonly dnsName: string;
  /** Lifetime of the certificate. */
  readonly validFor: Duration;
  /**
   * The Vault provider that signs if the root belongs to another stack.
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

/** A signed intermediate; both values are references that Terraform resolves. */
export interface SignedIntermediate {
  /** The intermediate, as PEM. */
  readonly certificatePem: string;
  /** The intermediate first, then every certificate above it that the signer knows. */
  readonly chainPem: string;
}

/** An issuer within a PKI mount of Vault. */
export interface VaultSigner {
  /** Path of the PKI mount. */
  readonly mountPath: string;
  /** Id or name of the issuer within it. */
  readonly issuer: string;
}

/** A root that a cluster's intermediate can chain to. */
export interface IRootCa extends IConstruct {
  /** Short name, such as `a` or `2026`. A root is never changed in place: a new root is a new name. */
  readonly rootName: string;
  /** The self-signed certificate, as PEM; for a root created here, a reference within the root's own stack. */
  readonly certificatePem: string;
  /** Where in Vault it signs; undefined if it signs elsewhere. */
  readonly signer: VaultSigner | undefined;

  /**
   * The certificate as the stack of `scope` can use it: if another stack creates it in Vault, it is read
   * from Vault, not from that stack's state.
   *
   * @param scope the construct that owns what reads it
   * @param id id of the data source within it
   * @param provider the Vault provider that reads it; by default the stack's own
   * @throws ValidationError IV0220 for a root of the tls provider in another stack
   */
  certificateIn(scope: Construct, id: string, provider?: TerraformProvider): string;

  /**
   * Signs an intermediate, unless only the root's certificate is known.
   *
   * @param scope the construct that owns the intermediate
   * @param id id of the signing resource within it
   * @throws ValidationError IV0213 for a root whose key is elsewhere
   * @throws ValidationError IV0220 for a root of the tls provider in another stack
   */
  signIntermediate(scope: Construct, id: string, request: IntermediateRequest): SignedIntermediate;
}
