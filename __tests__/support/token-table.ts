import type { TerraformStack } from "cdktf";
import {
  ClusterTrust,
  type ClusterTrustProps,
  clusterVaultNames,
  DefaultRevisionTag,
  Duration,
  GatewayCa,
  GatewayCertificate,
  type GatewayCertificateProps,
  GatewayCertificateSource,
  gatewayVaultNames,
  GatewayWithVault,
  type GatewayWithVaultProps,
  HelmCharts,
  IssuerAuth,
  type IssuerAuthProps,
  IssuerLogin,
  IstioRootCA,
  type IstioRootCAProps,
  istiodAccount,
  IstiodWithVault,
  type IstiodWithVaultProps,
  Issuance,
  KeyAlgorithm,
  RevocationLists,
  type RevocationListsProps,
  rootMount,
  RootSource,
  VaultAgentInjector,
  type VaultAgentInjectorProps,
  VaultAuthMethod,
  VaultK8sAuth,
  type VaultK8sAuthProps,
  type VaultRoleOptions,
} from "../../lib";
import { CA_PEM } from "./synth";

/** What becomes of a reference, given for one property or parameter. */
export interface TokenCase<T> {
  /** Where it must stand in what is synthesized: a Terraform type and attribute. Undefined for nowhere. */
  readonly at?: string;
  /** By what name an error says that the value must be known at synth. */
  readonly known?: string;
  /** Makes what the property belongs to. */
  make(stack: TerraformStack, value: T): unknown;
}

/** A list may be a reference as a whole, or hold some. */
export interface ListCase {
  readonly whole: TokenCase<string[]>;
  readonly entries: TokenCase<string[]>;
}

type Make<T> = (stack: TerraformStack, value: T) => unknown;
const passed = <T>(at: string, make: Make<T>): TokenCase<T> => ({ at, make });
const known = <T>(name: string, make: Make<T>): TokenCase<T> => ({ known: name, make });
const list = (at: string, make: Make<string[]>): ListCase => ({
  whole: passed(at, make),
  entries: passed(at, make),
});
const knownList = (name: string, make: Make<string[]>): ListCase => ({
  whole: known(name, make),
  entries: known(name, make),
});

// What the cases below are about, with everything required.

function root(stack: TerraformStack, props: Partial<IstioRootCAProps> = {}): IstioRootCA {
  return new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki(), ...props });
}

function trust(stack: TerraformStack, props: Partial<ClusterTrustProps> = {}): ClusterTrust {
  return new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    issuance: Issuance.external(),
    ...props,
    signingRoot: props.signingRoot ?? root(stack),
  });
}

function revocationLists(stack: TerraformStack, props: Partial<RevocationListsProps>): RevocationLists {
  return new RevocationLists(stack, "Lists", { roots: [root(stack)], ...props });
}

function auth(stack: TerraformStack, props: Partial<VaultK8sAuthProps> = {}): VaultK8sAuth {
  const access = { kubernetesHost: "https://10.0.0.1:6443", kubernetesCaCertificate: CA_PEM };
  return new VaultK8sAuth(stack, "Auth", {
    clusterName: "cluster1",
    method: VaultAuthMethod.kubernetes(access),
    ...props,
  });
}

const jwt = (stack: TerraformStack, issuer: Partial<Parameters<typeof VaultAuthMethod.jwt>[0]>) =>
  auth(stack, { method: VaultAuthMethod.jwt({ issuer: "https://oidc.example.com", ...issuer }) });

function role(on: VaultK8sAuth, options: Partial<VaultRoleOptions>): void {
  on.addRole("istiod", {
    serviceAccounts: ["istiod"],
    namespaces: ["istio-system"],
    policies: ["p"],
    ...options,
  });
}

function issuer(stack: TerraformStack, props: Partial<IssuerAuthProps>): IssuerAuth {
  return new IssuerAuth(stack, "Issuer", { login: IssuerLogin.appRole(), policies: ["p"], ...props });
}

function certificate(
  stack: TerraformStack,
  props: Partial<GatewayCertificateProps> = {},
): GatewayCertificate {
  return new GatewayCertificate(stack, "Certificate", {
    clusterName: "cluster1",
    gatewayName: "ingress",
    source: GatewayCertificateSource.vaultPki({ domains: ["shop.example.com"] }),
    ...props,
  });
}

function istiod(stack: TerraformStack, props: Partial<IstiodWithVaultProps>): IstiodWithVault {
  return new IstiodWithVault(stack, "Istiod", {
    trust: ClusterTrust.fromClusterName(stack, "ImportedTrust", "cluster1"),
    auth: VaultK8sAuth.fromClusterName(stack, "ImportedAuth", "cluster1"),
    istioVersion: "1.29.6",
    ...props,
  });
}

function gateway(stack: TerraformStack, props: Partial<GatewayWithVaultProps>): GatewayWithVault {
  return new GatewayWithVault(stack, "Gateway", {
    gatewayName: "ingress",
    certificate: certificate(stack),
    auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
    istioVersion: "1.29.6",
    ...props,
  });
}

function injector(stack: TerraformStack, props: Partial<VaultAgentInjectorProps>): VaultAgentInjector {
  return new VaultAgentInjector(stack, "Injector", { vaultAddress: "https://vault", ...props });
}

/** A pod's role as an issuer, whose name is its id. */
export const podIssuer = known<string>("roleName", (stack, value) => pod(stack, {}, value));

const github = (stack: TerraformStack, options: Partial<Parameters<typeof IssuerLogin.githubActions>[0]>) =>
  issuer(stack, {
    login: IssuerLogin.githubActions({ repositoryId: "1", environment: "issuer", ...options }),
  });
const gitlab = (stack: TerraformStack, options: Partial<Parameters<typeof IssuerLogin.gitlab>[0]>) =>
  issuer(stack, { login: IssuerLogin.gitlab({ projectId: "1", environment: "issuer", ...options }) });
const pod = (
  stack: TerraformStack,
  options: Partial<Parameters<typeof IssuerLogin.kubernetes>[0]>,
  roleName?: string,
) =>
  issuer(stack, {
    roleName,
    login: IssuerLogin.kubernetes({
      kubernetesHost: "https://10.0.0.1:6443",
      kubernetesCaCertificate: CA_PEM,
      serviceAccount: "issuer",
      namespace: "ci",
      ...options,
    }),
  });
const pki = (
  stack: TerraformStack,
  options: Partial<Parameters<typeof GatewayCertificateSource.vaultPki>[0]>,
) =>
  certificate(stack, {
    source: GatewayCertificateSource.vaultPki({ domains: ["shop.example.com"], ...options }),
  });
const existing = (stack: TerraformStack, options: Partial<Parameters<typeof RootSource.existing>[0]>) =>
  trust(stack, {
    signingRoot: root(stack, {
      source: RootSource.existing({ mountPath: "corp", certificatePem: CA_PEM, ...options }),
    }),
  });

const HELM = "helm_release.values";
const POLICY = "vault_policy.policy";

/** Every string a caller gives, by property or parameter. */
export const strings: Readonly<Record<string, TokenCase<string>>> = {
  "GithubActionsLoginOptions.repositoryId": passed(
    "vault_jwt_auth_backend_role.bound_claims",
    (stack, value) => github(stack, { repositoryId: value }),
  ),
  "GithubActionsLoginOptions.environment": passed(
    "vault_jwt_auth_backend_role.bound_claims",
    (stack, value) => github(stack, { environment: value }),
  ),
  "GithubActionsLoginOptions.ref": passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
    github(stack, { ref: value }),
  ),
  "GithubActionsLoginOptions.audience": passed(
    "vault_jwt_auth_backend_role.bound_audiences",
    (stack, value) => github(stack, { audience: value }),
  ),
  "GitlabLoginOptions.projectId": passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
    gitlab(stack, { projectId: value }),
  ),
  "GitlabLoginOptions.environment": passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
    gitlab(stack, { environment: value }),
  ),
  "GitlabLoginOptions.url": passed("vault_jwt_auth_backend.bound_issuer", (stack, value) =>
    gitlab(stack, { url: value }),
  ),
  "GitlabLoginOptions.branch": passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
    gitlab(stack, { branch: value }),
  ),
  "GitlabLoginOptions.audience": passed("vault_jwt_auth_backend_role.bound_audiences", (stack, value) =>
    gitlab(stack, { audience: value }),
  ),
  "KubernetesLoginOptions.kubernetesHost": passed(
    "vault_kubernetes_auth_backend_config.kubernetes_host",
    (stack, value) => pod(stack, { kubernetesHost: value }),
  ),
  "KubernetesLoginOptions.kubernetesCaCertificate": passed(
    "vault_kubernetes_auth_backend_config.kubernetes_ca_cert",
    (stack, value) => pod(stack, { kubernetesCaCertificate: value }),
  ),
  "KubernetesLoginOptions.serviceAccount": passed(
    "vault_kubernetes_auth_backend_role.bound_service_account_names",
    (stack, value) => pod(stack, { serviceAccount: value }),
  ),
  "KubernetesLoginOptions.namespace": passed(
    "vault_kubernetes_auth_backend_role.bound_service_account_namespaces",
    (stack, value) => pod(stack, { namespace: value }),
  ),
  "ClusterTrustProps.clusterName": passed(POLICY, (stack, value) => trust(stack, { clusterName: value })),
  "ClusterTrustProps.secretsMountPath": passed("vault_mount.path", (stack, value) =>
    trust(stack, { secretsMountPath: value }),
  ),
  "ClusterTrustProps.certificatesPath": passed("vault_generic_endpoint.path", (stack, value) =>
    trust(stack, { certificatesPath: value }),
  ),
  "ClusterTrustProps.trustBundlePath": passed("vault_kv_secret_v2.name", (stack, value) =>
    trust(stack, { trustBundlePath: value }),
  ),
  "ClusterTrustProps.readPolicyName": passed("vault_policy.name", (stack, value) =>
    trust(stack, { readPolicyName: value }),
  ),
  "ClusterTrustProps.issuerPolicyName": passed("vault_policy.name", (stack, value) =>
    trust(stack, { issuerPolicyName: value }),
  ),
  "ClusterTrustProps.istioNamespace": passed(POLICY, (stack, value) =>
    trust(stack, { istioNamespace: value }),
  ),
  "RevocationListsProps.mountPath": passed("vault_mount.path", (stack, value) =>
    revocationLists(stack, { mountPath: value }),
  ),
  "RevocationListsProps.readPolicyName": passed("vault_policy.name", (stack, value) =>
    revocationLists(stack, { readPolicyName: value }),
  ),
  "RevocationListsAttributes.mountPath": passed(HELM, (stack, value) =>
    istiod(stack, {
      revocationLists: RevocationLists.fromRevocationListsAttributes(stack, "Other", {
        mountPath: value,
        readPolicyName: "p",
      }),
    }),
  ),
  "RevocationListsAttributes.readPolicyName": passed(
    "vault_kubernetes_auth_backend_role.token_policies",
    (stack, value) => {
      const imported = RevocationLists.fromRevocationListsAttributes(stack, "Other", {
        mountPath: "m",
        readPolicyName: value,
      });
      imported.grantRead(auth(stack).addRole("istiod", { serviceAccounts: ["a"], namespaces: ["b"] }));
    },
  ),
  ...Object.fromEntries(
    (["secretsMountPath", "certificatesPath", "trustBundlePath"] as const).map((key) => [
      `ClusterTrustAttributes.${key}`,
      passed<string>(HELM, (stack, value) =>
        istiod(stack, {
          trust: ClusterTrust.fromClusterTrustAttributes(stack, "Other", {
            secretsMountPath: "m",
            certificatesPath: "c",
            trustBundlePath: "b",
            readPolicyName: "p",
            [key]: value,
          }),
        }),
      ),
    ]),
  ),
  "ClusterTrustAttributes.readPolicyName": passed(
    "vault_kubernetes_auth_backend_role.token_policies",
    (stack, value) => {
      const imported = ClusterTrust.fromClusterTrustAttributes(stack, "Other", {
        secretsMountPath: "m",
        certificatesPath: "c",
        trustBundlePath: "b",
        readPolicyName: value,
      });
      imported.grantRead(auth(stack).addRole("istiod", { serviceAccounts: ["a"], namespaces: ["b"] }));
    },
  ),
  "DefaultRevisionTagProps.revision": known(
    "revision",
    (stack, value) => new DefaultRevisionTag(stack, "Tag", { revision: value }),
  ),
  "DefaultRevisionTagProps.namespace": known(
    "namespace",
    (stack, value) => new DefaultRevisionTag(stack, "Tag", { revision: "default", namespace: value }),
  ),
  "GatewayCaProps.mountPath": passed(
    "vault_mount.path",
    (stack, value) => new GatewayCa(stack, "Ca", { mountPath: value }),
  ),
  ...Object.fromEntries(
    ["GatewayCertificateAttributes", "GatewayCertificateProps"].flatMap((owner) => [
      [
        `${owner}.clusterName`,
        passed<string>("vault_policy.name", (stack, value) => certificate(stack, { clusterName: value })),
      ],
      [
        `${owner}.gatewayName`,
        passed<string>("vault_policy.name", (stack, value) => certificate(stack, { gatewayName: value })),
      ],
      [
        `${owner}.policyName`,
        passed<string>("vault_policy.name", (stack, value) => certificate(stack, { policyName: value })),
      ],
    ]),
  ),
  "VaultPkiCertificateOptions.mountPath": passed(POLICY, (stack, value) => pki(stack, { mountPath: value })),
  "VaultPkiCertificateOptions.issuer": passed("vault_pki_secret_backend_role.issuer_ref", (stack, value) =>
    pki(stack, { issuer: value }),
  ),
  "VaultPkiCertificateOptions.roleName": passed("vault_pki_secret_backend_role.name", (stack, value) =>
    pki(stack, { roleName: value }),
  ),
  "VaultKvCertificateOptions.mountPath": passed(POLICY, (stack, value) =>
    certificate(stack, { source: GatewayCertificateSource.vaultKv({ mountPath: value }) }),
  ),
  "VaultKvCertificateOptions.path": passed(POLICY, (stack, value) =>
    certificate(stack, { source: GatewayCertificateSource.vaultKv({ path: value }) }),
  ),
  "GatewayWithVaultProps.gatewayName": passed("helm_release.name", (stack, value) =>
    gateway(stack, { gatewayName: value }),
  ),
  "GatewayWithVaultProps.istioVersion": known("istioVersion", (stack, value) =>
    gateway(stack, { istioVersion: value }),
  ),
  "GatewayWithVaultProps.roleName": passed(HELM, (stack, value) => gateway(stack, { roleName: value })),
  "GatewayWithVaultProps.namespace": passed("helm_release.namespace", (stack, value) =>
    gateway(stack, { namespace: value }),
  ),
  "GatewayWithVaultProps.agentImage": passed(HELM, (stack, value) => gateway(stack, { agentImage: value })),
  "IssuerAuthProps.mountPath": passed("vault_auth_backend.path", (stack, value) =>
    issuer(stack, { mountPath: value }),
  ),
  "IssuerAuthProps.roleName": passed("vault_approle_auth_backend_role.role_name", (stack, value) =>
    issuer(stack, { roleName: value }),
  ),
  "IstioRootCA.fromRootName(rootName)": known("rootName", (stack, value) =>
    IstioRootCA.fromRootName(stack, "Imported", value),
  ),
  "IstioRootCAProps.rootName": passed("vault_mount.path", (stack, value) => root(stack, { rootName: value })),
  "IstioRootCAProps.commonName": passed("vault_pki_secret_backend_root_cert.common_name", (stack, value) =>
    root(stack, { commonName: value }),
  ),
  "IstioRootCAProps.organization": passed("vault_pki_secret_backend_root_cert.organization", (stack, value) =>
    root(stack, { organization: value }),
  ),
  // Its own stack's word for it: nothing here is named after it.
  "RootCaAttributes.rootName": {
    make: (stack, value) =>
      IstioRootCA.fromRootCaAttributes(stack, "Root", {
        rootName: value,
        mountPath: "corp",
        certificatePem: CA_PEM,
      }),
  },
  ...Object.fromEntries(
    ["ExistingRootOptions", "RootCaAttributes"].flatMap((owner) => [
      [`${owner}.mountPath`, passed<string>(POLICY, (stack, value) => existing(stack, { mountPath: value }))],
      [`${owner}.issuer`, passed<string>(POLICY, (stack, value) => existing(stack, { issuer: value }))],
      [
        `${owner}.certificatePem`,
        passed<string>("vault_kv_secret_v2.data_json", (stack, value) =>
          existing(stack, { certificatePem: value }),
        ),
      ],
    ]),
  ),
  "IstiodWithVaultProps.istioVersion": known("istioVersion", (stack, value) =>
    istiod(stack, { istioVersion: value }),
  ),
  "IstiodWithVaultProps.revision": known("revision", (stack, value) => istiod(stack, { revision: value })),
  "IstiodWithVaultProps.namespace": passed("helm_release.namespace", (stack, value) =>
    istiod(stack, { namespace: value }),
  ),
  "IstiodWithVaultProps.releaseName": passed("helm_release.name", (stack, value) =>
    istiod(stack, { releaseName: value }),
  ),
  ...Object.fromEntries(
    (["roleName", "meshId", "trustDomain", "clusterName", "network", "imageHub", "agentImage"] as const).map(
      (key) => [
        `IstiodWithVaultProps.${key}`,
        passed<string>(HELM, (stack, value) => istiod(stack, { [key]: value })),
      ],
    ),
  ),
  "VaultPkiRootOptions.mountPath": passed("vault_mount.path", (stack, value) =>
    root(stack, { source: RootSource.vaultPki({ mountPath: value }) }),
  ),
  "OfflineRootOptions.certificatePem": passed("vault_kv_secret_v2.data_json", (stack, value) =>
    trust(stack, { signingRoot: root(stack, { source: RootSource.offline({ certificatePem: value }) }) }),
  ),
  "VaultAgentInjectorProps.vaultAddress": passed(HELM, (stack, value) =>
    injector(stack, { vaultAddress: value }),
  ),
  "VaultAgentInjectorProps.vaultCaCertificate": passed(HELM, (stack, value) =>
    injector(stack, { vaultCaCertificate: value }),
  ),
  "VaultAgentInjectorProps.vaultNamespace": passed(HELM, (stack, value) =>
    injector(stack, { vaultNamespace: value }),
  ),
  "VaultAgentInjectorProps.namespace": passed("helm_release.namespace", (stack, value) =>
    injector(stack, { namespace: value }),
  ),
  "VaultAgentInjectorProps.releaseName": passed("helm_release.name", (stack, value) =>
    injector(stack, { releaseName: value }),
  ),
  "VaultAgentInjectorProps.chartVersion": passed("helm_release.version", (stack, value) =>
    injector(stack, { chartVersion: value }),
  ),
  "VaultAgentInjectorProps.image": known("image", (stack, value) => injector(stack, { image: value })),
  "KubernetesMethodOptions.kubernetesHost": passed(
    "vault_kubernetes_auth_backend_config.kubernetes_host",
    (stack, value) =>
      auth(stack, {
        method: VaultAuthMethod.kubernetes({ kubernetesHost: value, kubernetesCaCertificate: CA_PEM }),
      }),
  ),
  "KubernetesMethodOptions.kubernetesCaCertificate": passed(
    "vault_kubernetes_auth_backend_config.kubernetes_ca_cert",
    (stack, value) =>
      auth(stack, {
        method: VaultAuthMethod.kubernetes({
          kubernetesHost: "https://10.0.0.1:6443",
          kubernetesCaCertificate: value,
        }),
      }),
  ),
  "KubernetesMethodOptions.audience": passed(HELM, (stack, value) =>
    istiod(stack, {
      auth: VaultK8sAuth.fromVaultK8sAuthAttributes(stack, "Other", { mountPath: "m", audience: value }),
    }),
  ),
  "JwtMethodOptions.issuer": passed("vault_jwt_auth_backend.bound_issuer", (stack, value) =>
    jwt(stack, { issuer: value }),
  ),
  "JwtMethodOptions.audience": passed("vault_jwt_auth_backend_role.bound_audiences", (stack, value) =>
    role(jwt(stack, { audience: value }), {}),
  ),
  "JwtMethodOptions.issuerCaCertificate": passed(
    "vault_jwt_auth_backend.oidc_discovery_ca_pem",
    (stack, value) => jwt(stack, { issuerCaCertificate: value }),
  ),
  "VaultK8sAuthProps.clusterName": passed("vault_auth_backend.path", (stack, value) =>
    auth(stack, { clusterName: value }),
  ),
  "VaultK8sAuthProps.mountPath": passed("vault_auth_backend.path", (stack, value) =>
    auth(stack, { mountPath: value }),
  ),
  "VaultK8sAuthAttributes.mountPath": passed(HELM, (stack, value) =>
    istiod(stack, { auth: VaultK8sAuth.fromVaultK8sAuthAttributes(stack, "Other", { mountPath: value }) }),
  ),
  "VaultK8sAuthAttributes.audience": passed(HELM, (stack, value) =>
    istiod(stack, {
      auth: VaultK8sAuth.fromVaultK8sAuthAttributes(stack, "Other", { mountPath: "m", audience: value }),
    }),
  ),
  "clusterVaultNames(clusterName)": passed("vault_mount.path", (stack, value) =>
    trust(stack, { secretsMountPath: clusterVaultNames(value).secretsMount }),
  ),
  "gatewayVaultNames(clusterName)": passed("vault_policy.name", (stack, value) =>
    certificate(stack, { policyName: gatewayVaultNames(value, "ingress").policy }),
  ),
  "gatewayVaultNames(gatewayName)": passed("vault_policy.name", (stack, value) =>
    certificate(stack, { policyName: gatewayVaultNames("cluster1", value).policy }),
  ),
  "istiodAccount(revision)": known("revision", (_stack, value) => istiodAccount(value)),
  "rootMount(rootName)": passed("vault_mount.path", (stack, value) =>
    root(stack, { source: RootSource.vaultPki({ mountPath: rootMount(value) }) }),
  ),
  "ClusterTrust.fromClusterName(clusterName)": passed(HELM, (stack, value) =>
    istiod(stack, { trust: ClusterTrust.fromClusterName(stack, "Other", value) }),
  ),
  "VaultK8sAuth.fromClusterName(clusterName)": passed(HELM, (stack, value) =>
    istiod(stack, { auth: VaultK8sAuth.fromClusterName(stack, "Other", value) }),
  ),
  "VaultK8sAuth.addRole(roleName)": known("roleName", (stack, value) =>
    auth(stack).addRole(value, { serviceAccounts: ["a"], namespaces: ["b"], policies: ["p"] }),
  ),
  "VaultK8sAuth.findRole(roleName)": passed(HELM, (stack, value) =>
    istiod(stack, { roleName: value, auth: auth(stack) }),
  ),
  "IssuerAuth.addPolicy(policyName)": passed(
    "vault_approle_auth_backend_role.token_policies",
    (stack, value) => issuer(stack, { policies: undefined }).addPolicy(value),
  ),
  "Duration.parse(text)": known("text", (_stack, value) => Duration.parse(value)),
  "KeyAlgorithm.parse(text)": known("text", (_stack, value) => KeyAlgorithm.parse(value)),
  "HelmCharts.repository(url)": passed("helm_release.repository", (stack, value) =>
    injector(stack, { charts: HelmCharts.repository(value) }),
  ),
  "HelmCharts.directory(path)": known("path", (_stack, value) => HelmCharts.directory(value)),
};

/** Every list of strings. */
export const lists: Readonly<Record<string, ListCase>> = {
  "RevocationListsProps.revoked": knownList("revoked", (stack, value) =>
    revocationLists(stack, { revoked: value }),
  ),
  "GithubActionsLoginOptions.events": knownList("events", (stack, value) => github(stack, { events: value })),
  "GitlabLoginOptions.sources": knownList("sources", (stack, value) => gitlab(stack, { sources: value })),
  "VaultPkiCertificateOptions.domains": knownList("domains", (stack, value) =>
    pki(stack, { domains: value }),
  ),
  "IssuerAuthProps.policies": list("vault_approle_auth_backend_role.token_policies", (stack, value) =>
    issuer(stack, { policies: value }),
  ),
  "IstiodWithVaultProps.imagePullSecrets": list(HELM, (stack, value) =>
    istiod(stack, { imagePullSecrets: value }),
  ),
  "IstiodWithVaultProps.trustDomainAliases": list(HELM, (stack, value) =>
    istiod(stack, { trustDomainAliases: value }),
  ),
  "VaultAgentInjectorProps.watchedNamespaces": list(HELM, (stack, value) =>
    injector(stack, { watchedNamespaces: value }),
  ),
  "VaultAgentInjectorProps.imagePullSecrets": {
    whole: known("imagePullSecrets", (stack, value) => injector(stack, { imagePullSecrets: value })),
    entries: passed(HELM, (stack, value) => injector(stack, { imagePullSecrets: value })),
  },
  "JwtMethodOptions.publicKeys": list("vault_jwt_auth_backend.jwt_validation_pubkeys", (stack, value) =>
    jwt(stack, { publicKeys: value }),
  ),
  "VaultRoleOptions.serviceAccounts": list(
    "vault_kubernetes_auth_backend_role.bound_service_account_names",
    (stack, value) => role(auth(stack), { serviceAccounts: value }),
  ),
  "VaultRoleOptions.namespaces": list(
    "vault_kubernetes_auth_backend_role.bound_service_account_namespaces",
    (stack, value) => role(auth(stack), { namespaces: value }),
  ),
  "VaultRoleOptions.policies": list("vault_kubernetes_auth_backend_role.token_policies", (stack, value) =>
    role(auth(stack), { policies: value }),
  ),
};

/** Lists whose fate depends on another property. */
export const moreLists: Readonly<Record<string, ListCase>> = {
  "serviceAccounts of the JWT method, which its one claim is made from": {
    whole: known("serviceAccounts", (stack, value) => role(jwt(stack, {}), { serviceAccounts: value })),
    entries: passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
      role(jwt(stack, {}), { serviceAccounts: value }),
    ),
  },
  "namespaces of the JWT method, which its one claim is made from": {
    whole: known("namespaces", (stack, value) => role(jwt(stack, {}), { namespaces: value })),
    entries: passed("vault_jwt_auth_backend_role.bound_claims", (stack, value) =>
      role(jwt(stack, {}), { namespaces: value }),
    ),
  },
  "policies beside those granted": list(
    "vault_kubernetes_auth_backend_role.token_policies",
    (stack, value) => {
      const made = auth(stack).addRole("a", { serviceAccounts: ["a"], namespaces: ["b"], policies: value });
      made.addPolicy("granted");
    },
  ),
};

/** Every number. */
export const numbers: Readonly<Record<string, TokenCase<number>>> = {
  "ClusterTrustProps.leafGeneration": known("leafGeneration", (stack, value) =>
    trust(stack, { leafGeneration: value }),
  ),
  "GatewayWithVaultProps.replicas": known("replicas", (stack, value) => gateway(stack, { replicas: value })),
  "IstiodWithVaultProps.replicas": known("replicas", (stack, value) => istiod(stack, { replicas: value })),
  "VaultAgentInjectorProps.replicas": known("replicas", (stack, value) =>
    injector(stack, { replicas: value }),
  ),
  "DeployIssuanceOptions.generation": known("generation", (_stack, value) =>
    Issuance.deploy({ generation: value }),
  ),
  "TerraformIssuanceOptions.generation": known("generation", (_stack, value) =>
    Issuance.terraform({ acceptKeysInState: true, generation: value }),
  ),
  "Duration.seconds(amount)": known("amount", (_stack, value) => Duration.seconds(value)),
  "Duration.minutes(amount)": known("amount", (_stack, value) => Duration.minutes(value)),
  "Duration.hours(amount)": known("amount", (_stack, value) => Duration.hours(value)),
  "Duration.days(amount)": known("amount", (_stack, value) => Duration.days(value)),
  "Duration.years(amount)": known("amount", (_stack, value) => Duration.years(value)),
  "KeyAlgorithm.rsa(bits)": known("bits", (_stack, value) => KeyAlgorithm.rsa(value)),
  "KeyAlgorithm.ecdsa(bits)": known("bits", (_stack, value) => KeyAlgorithm.ecdsa(value)),
};

/** Every map of Helm values. */
export const values: Readonly<Record<string, TokenCase<Record<string, unknown>>>> = {
  "GatewayWithVaultProps.values": known("values", (stack, value) => gateway(stack, { values: value })),
  "IstiodWithVaultProps.values": known("values", (stack, value) => istiod(stack, { values: value })),
  "VaultAgentInjectorProps.values": known("values", (stack, value) => injector(stack, { values: value })),
};
