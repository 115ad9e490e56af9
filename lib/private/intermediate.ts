import type { Duration } from "../duration";
import type { CaSubject, VaultSigner } from "../root-ca";

/** Who a cluster's intermediate is. */
export interface IntermediateIdentity {
  readonly subject: CaSubject & { readonly locality: string };
  /** The DNS name istiod serves under. */
  readonly dnsName: string;
}

/** The name agents and proxies ask istiod by, and verify it by. */
export function istiodDnsName(istioNamespace: string): string {
  return `istiod.${istioNamespace}.svc`;
}

export function intermediateIdentity(clusterName: string, istioNamespace: string): IntermediateIdentity {
  return {
    subject: { commonName: "Intermediate CA", organization: "Istio", locality: `istiod-${clusterName}` },
    dnsName: istiodDnsName(istioNamespace),
  };
}

/** Path an issuer asks for a signature at. */
export function signPath({ mountPath, issuer }: VaultSigner): string {
  return `${mountPath}/issuer/${issuer}/sign-intermediate`;
}

/**
 * What an issuer sends there beside its request, and the only values its policy allows. All are strings:
 * Vault refuses the number 0 where a policy allows "0".
 */
export function signParameters(identity: IntermediateIdentity, validFor: Duration): Record<string, string> {
  return {
    common_name: identity.subject.commonName,
    organization: identity.subject.organization,
    locality: identity.subject.locality,
    alt_names: identity.dnsName,
    exclude_cn_from_sans: "true",
    // A cluster's CA signs workloads and no further CA; a request may not say otherwise.
    max_path_length: "0",
    use_csr_values: "false",
    ttl: validFor.toGoString(),
  };
}
