import type { ClusterConfig, IssuerConfig, Mesh } from "../../config/mesh";
import {
  clusterVaultNames,
  GATEWAY_CA_MOUNT,
  gatewayVaultNames,
  ISSUER_MOUNT,
  ISSUER_ROLE,
} from "../../lib/names";
import { boundClaims, githubJwt, gitlabJwt, ISSUER_TOKEN_SECONDS } from "../../lib/private/issuer-jwt";
import { mapping, type Resource, type SynthesizedStack, texts } from "./synthesized";

/** One thing that mesh.yaml says, and what the stacks say of it. */
export interface Statement {
  readonly subject: string;
  readonly what: string;
  readonly stated: unknown;
  readonly found: unknown;
}

type Attributes = Resource["attributes"];

const ROLES: Readonly<Record<IssuerConfig["method"], string>> = {
  approle: "vault_approle_auth_backend_role",
  "github-actions": "vault_jwt_auth_backend_role",
  gitlab: "vault_jwt_auth_backend_role",
  kubernetes: "vault_kubernetes_auth_backend_role",
};

/** By what the issuer logs in, and what it then holds. */
export function issuerStatements({ issuer, clusters }: Mesh, vault: SynthesizedStack): Statement[] {
  const issuedFor = clusters.filter(({ intermediates }) => intermediates.issuance === "external");
  if (!issuer || issuedFor.length === 0) return [];
  const role = attributesOf(
    vault,
    ROLES[issuer.method],
    ({ backend, role_name: name }) => backend === ISSUER_MOUNT && name === ISSUER_ROLE,
  );
  if (!role) return [missing(vault, "the issuer's login")];
  return [
    ...methodStatements(issuer, role, vault),
    [
      "the policies",
      issuedFor.map(({ nameInVault }) => clusterVaultNames(nameInVault).issuerPolicy).sort(),
      sorted(role.token_policies),
    ],
    ["the seconds that a login lasts", ISSUER_TOKEN_SECONDS, role.token_ttl],
    ["the seconds that a login can be renewed for", ISSUER_TOKEN_SECONDS, role.token_max_ttl],
  ].map(([what, stated, found]) => ({
    subject: vault.name,
    what: `${what} of the issuer's login`,
    stated,
    found,
  }));
}

function methodStatements(issuer: IssuerConfig, role: Attributes, vault: SynthesizedStack): unknown[][] {
  switch (issuer.method) {
    case "approle":
      return [["the seconds that a secret id lasts", issuer.secretIdTtl.toSeconds(), role.secret_id_ttl]];
    case "kubernetes": {
      const backend = attributesOf(
        vault,
        "vault_kubernetes_auth_backend_config",
        (config) => config.backend === ISSUER_MOUNT,
      );
      return [
        ["the API server", issuer.kubernetesHost, backend?.kubernetes_host],
        [
          "the CA certificate of the API server",
          "that of kubernetesCaCertificateFile",
          backend?.kubernetes_ca_cert === issuer.kubernetesCaCertificate
            ? "that of kubernetesCaCertificateFile"
            : "another",
        ],
        ["the list of ServiceAccounts", [issuer.serviceAccount], role.bound_service_account_names],
        ["the list of namespaces", [issuer.namespace], role.bound_service_account_namespaces],
      ];
    }
    default: {
      const jwt = issuer.method === "gitlab" ? gitlabJwt(issuer) : githubJwt(issuer);
      const backend = attributesOf(vault, "vault_jwt_auth_backend", ({ path }) => path === ISSUER_MOUNT);
      return [
        ["the URL of the public keys", jwt.issuer, backend?.oidc_discovery_url],
        ["the issuer of tokens", jwt.issuer, backend?.bound_issuer],
        ["the list of audiences", [jwt.audience], role.bound_audiences],
        ["the list of claims", claims(boundClaims(jwt)), claims(role.bound_claims)],
        ["the comparison of claims", "string", role.bound_claims_type],
      ];
    }
  }
}

/** For which names the certificates of a cluster's gateways are issued, by which CA, and for how long. */
export function gatewayStatements(
  { name: cluster, nameInVault, gateways }: ClusterConfig,
  vault: SynthesizedStack,
): Statement[] {
  return gateways.flatMap(({ name, certificate }) => {
    if (certificate.source !== "vault-pki") return [];
    const { domains, mountPath = GATEWAY_CA_MOUNT, issuer, validFor } = certificate;
    const { pkiRole } = gatewayVaultNames(nameInVault, name);
    const role = attributesOf(vault, "vault_pki_secret_backend_role", (one) => one.name === pkiRole);
    if (!role) return [missing(vault, `the certificate of gateway ${name} in ${cluster}`)];
    const anyName = [
      "allow_any_name",
      "allow_subdomains",
      "allow_glob_domains",
      "allow_localhost",
      "allow_ip_sans",
    ];
    return [
      ["the list of domains", [...domains].sort(), sorted(role.allowed_domains)],
      ["the list of what else is allowed", [], anyName.filter((key) => role[key] !== false)],
      ["the mount of the CA", mountPath, role.backend],
      ["the issuer", issuer, role.issuer_ref],
      ["the longest lifetime in seconds", `${validFor.toSeconds()}`, role.max_ttl],
    ].map(([what, stated, found]) => ({
      subject: vault.name,
      what: `${what} of gateway ${name} in ${cluster}`,
      stated,
      found,
    }));
  });
}

function missing({ name: subject }: SynthesizedStack, what: string): Statement {
  return { subject, what, stated: "there", found: undefined };
}

/** Of the first resource that is meant, with its references resolved. */
function attributesOf(
  vault: SynthesizedStack,
  type: string,
  isMeant: (attributes: Attributes) => boolean,
): Attributes | undefined {
  const all = vault.ofType(type).map(({ attributes }) => mapping(vault.resolve(attributes)));
  return all.find(isMeant);
}

function claims(bound: unknown): string[] {
  return Object.entries(mapping(bound))
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

function sorted(list: unknown): string[] {
  return texts(list).sort();
}
