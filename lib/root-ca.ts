import type { Construct, IConstruct } from "constructs";
import type { Duration } from "./duration";

/** Subject of a CA certificate, in the fields the article's certificates use. */
export interface CaSubject {
  readonly commonName: string;
  readonly organization: string;
  readonly locality?: string;
}

/** What a root is asked to sign. */
export interface IntermediateRequest {
  /** PEM of the certificate signing request. */
  readonly csrPem: string;
  readonly subject: CaSubject;
  /** The DNS name istiod serves under. */
  readonly dnsName: string;
  readonly validFor: Duration;
}

/** A signed intermediate; both values are references Terraform resolves. */
export interface SignedIntermediate {
  readonly certificatePem: string;
  /** The intermediate first, then every certificate above it that the signer knows. */
  readonly chainPem: string;
}

/** An issuer within a PKI mount of Vault's. */
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
  /** The self-signed certificate, as PEM. */
  readonly certificatePem: string;
  /** Where in Vault it signs; undefined where it signs elsewhere. */
  readonly signer: VaultSigner | undefined;

  /**
   * Signs an intermediate, unless only the root's certificate is known.
   *
   * @param scope the construct that owns the intermediate
   * @param id id of the signing resource within it
   * @throws ValidationError IV0213 for a root whose key is elsewhere
   */
  signIntermediate(scope: Construct, id: string, request: IntermediateRequest): SignedIntermediate;
}
