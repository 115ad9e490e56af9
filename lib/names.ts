import { requireKnown } from "./private/tokens";

/**
 * The physical names both sides of the mesh agree on: what the Vault stack creates and what a
 * cluster's stack refers to. Stacks exchange these names and nothing else.
 *
 * The defaults are those of the article's setup, which most people start from, so that it can be adopted as it is.
 */

/** Namespace of istiod, and the SAN of its certificate: `istiod.istio-system.svc`. */
export const ISTIO_NAMESPACE = "istio-system";

/** istiod's ServiceAccount. */
export const ISTIOD_ACCOUNT = "istiod";
/** Name of the Vault role bound to it. */
export const ISTIOD_ROLE = "istiod";

/** Namespace of the injector. */
export const INJECTOR_NAMESPACE = "vault";
/** Helm release of the injector; its Deployment is named after it. */
export const INJECTOR_RELEASE = "vault-inject";

/** Istio's name of the istiod that has no revision. */
export const DEFAULT_REVISION = "default";

/**
 * ServiceAccount, Service and Deployment of a revision's istiod.
 *
 * @throws ValidationError IV0130 if the revision is known only to Terraform
 */
export function istiodAccount(revision: string): string {
  requireKnown("revision", revision);
  return revision === DEFAULT_REVISION ? ISTIOD_ACCOUNT : `${ISTIOD_ACCOUNT}-${revision}`;
}

/** Namespace and label value a pod needs for the injector's webhook to consider it. */
export const INJECTION_LABEL = { key: "istio-vault-injection", value: "enabled" } as const;

/** Audience of the tokens pods present to Vault's JWT method. */
export const JWT_AUDIENCE = "vault";

/** Names of one cluster's objects in Vault. */
export interface ClusterVaultNames {
  /** Mount path of the Kubernetes auth method, without `auth/`. */
  readonly kubernetesAuthMount: string;
  /** Mount path of the JWT auth method, without `auth/`. */
  readonly jwtAuthMount: string;
  /** Mount path of the cluster's KV v2 secrets. */
  readonly secretsMount: string;
  /** Path, within the mount, of the intermediate: key, certificate and chain. */
  readonly certificatesPath: string;
  /** Path, within the mount, of the trust bundle. */
  readonly trustBundlePath: string;
  /** Policy that allows reading those two paths and nothing else. */
  readonly readPolicy: string;
  /** Policy for the issuer of this cluster's intermediate. */
  readonly issuerPolicy: string;
  /** Path, within the mount, of a key whose certificate is pending at a root outside Vault. */
  readonly pendingPath: string;
}

/** The default names of one cluster's objects in Vault. */
export function clusterVaultNames(clusterName: string): ClusterVaultNames {
  return {
    kubernetesAuthMount: `kubernetes-${clusterName}`,
    jwtAuthMount: `jwt-${clusterName}`,
    secretsMount: `kubernetes-${clusterName}-secrets`,
    certificatesPath: "istiod-service/certs",
    trustBundlePath: "istiod-service/trust-bundle",
    readPolicy: `istiod-certs-${clusterName}`,
    issuerPolicy: `istio-issuer-${clusterName}`,
    pendingPath: "istiod-service/pending",
  };
}

/** Names of one gateway's objects in Vault. */
export interface GatewayVaultNames {
  /** Role, in the cluster's auth mount, bound to the gateway's ServiceAccount. */
  readonly role: string;
  /** Policy that allows getting the gateway's certificate and nothing else. */
  readonly policy: string;
  /** Role of the PKI mount that issues only for the gateway's domains. */
  readonly pkiRole: string;
  /** Path, within the cluster's secrets, of a certificate that another system writes. */
  readonly secretPath: string;
}

/** The default names of one gateway's objects in Vault. */
export function gatewayVaultNames(clusterName: string, gatewayName: string): GatewayVaultNames {
  return {
    role: gatewayName,
    // Joined by a dot, which neither name may hold: "a-b" and "c" must not meet "a" and "b-c".
    policy: `gateway-certs-${clusterName}.${gatewayName}`,
    pkiRole: `${clusterName}.${gatewayName}`,
    secretPath: `gateways/${gatewayName}`,
  };
}

/** Default mount path of the PKI engine whose CA issues for gateways. */
export const GATEWAY_CA_MOUNT = "istio-gateways";

/** Mount path of the PKI engine that holds a root's key. */
export function rootMount(rootName: string): string {
  return `istio-root-${rootName}`;
}

/** Mount path of the KV v2 secrets with the revocation lists of every CA; nothing in them is secret. */
export const REVOCATION_LISTS_MOUNT = "istio-revocation-lists";
/** Path, within that mount, of the roots' lists, by the root's name. */
export const ROOT_LISTS_PATH = "roots";
/** Path, within that mount, of the intermediates' lists, by the cluster's name. */
export const INTERMEDIATE_LISTS_PATH = "intermediates";
/** Policy that allows reading those two paths and nothing else. */
export const REVOCATION_LISTS_POLICY = "istio-revocation-lists";

/** Mount path of the auth method that issuers log in through. */
export const ISSUER_MOUNT = "istio-issuer";
/** Their role on it. */
export const ISSUER_ROLE = "istio-issuer";

/** Audience of the tokens that CI systems create for an issuer, so that tokens for other uses are rejected. */
export const ISSUER_AUDIENCE = "istio-issuer";

/** Name of the stack that owns the roots and what else of Vault's objects is no cluster's. Clusters' stacks are named after their clusters. */
export const VAULT_SHARED_STACK = "vault-shared";
/** Name of the one stack that owns every Vault object, where a root's key is known to Terraform alone. */
export const VAULT_ROOT_STACK = "vault-root";

/** Name of the stack that owns a cluster's Vault objects. */
export function clusterVaultStack(clusterName: string): string {
  return `vault-${clusterName}`;
}
