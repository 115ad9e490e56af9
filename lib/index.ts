export * from "./cluster-trust";
export * from "./default-revision-tag";
export * from "./duration";
export * from "./errors";
export * from "./gateway-ca";
export * from "./gateway-certificate";
export * from "./gateway-certificate-source";
export * from "./gateway-with-vault";
export * from "./helm-charts";
export * from "./issuance";
export * from "./issuer-auth";
export {
  type AppRoleLoginOptions,
  type GithubActionsLoginOptions,
  type GitlabLoginOptions,
  IssuerLogin,
  type IssuerLoginBinding,
  type KubernetesLoginOptions,
} from "./issuer-login";
export * from "./istio-root-ca";
export * from "./istiod-with-vault";
export * from "./key-algorithm";
export {
  type ClusterVaultNames,
  clusterVaultNames,
  DEFAULT_REVISION,
  GATEWAY_CA_MOUNT,
  type GatewayVaultNames,
  gatewayVaultNames,
  INJECTION_LABEL,
  INJECTOR_NAMESPACE,
  INJECTOR_RELEASE,
  ISSUER_AUDIENCE,
  ISSUER_MOUNT,
  ISSUER_ROLE,
  ISTIO_NAMESPACE,
  ISTIOD_ACCOUNT,
  ISTIOD_ROLE,
  istiodAccount,
  JWT_AUDIENCE,
  REVOCATION_LISTS_MOUNT,
  REVOCATION_LISTS_POLICY,
  rootMount,
} from "./names";
export type { AgentUser } from "./private/pod-security";
export type { VaultEndpoint } from "./private/pinned-vault";
export { DEFAULT_AGENT_IMAGE, DEFAULT_INJECTOR_CHART_VERSION } from "./private/upstream";
export type { Finding, Level } from "./private/rule";
export * from "./revocation-lists";
export * from "./root-ca";
export {
  type BoundRoot,
  type ExistingRootOptions,
  type OfflineRootOptions,
  type RootBinding,
  RootSource,
  type TlsProviderRootOptions,
  type VaultPkiRootOptions,
} from "./root-source";
export * from "./vault-agent-injector";
export * from "./vault-auth-method";
export * from "./vault-k8s-auth";
export * from "./vault-role";
