import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import {
  ClusterTrust,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  IssuerAuth,
  IssuerLogin,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Constructs of one stack given to those of another: they exchange names, and no stack reads a state. */

const app = new App();

const roots = new TerraformStack(app, "roots");
new VaultProvider(roots, "Vault", { address: "https://vault.example.com:8200" });
const root = new IstioRootCA(roots, "Root", { rootName: "a", source: RootSource.vaultPki() });

const vault = new TerraformStack(app, "vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200" });
new TlsProvider(vault, "Tls");
const trust = new ClusterTrust(vault, "Trust", {
  clusterName: "one",
  signingRoot: root,
  issuance: Issuance.terraform({ acceptKeysInState: true }),
});
const external = new ClusterTrust(vault, "ExternalTrust", {
  clusterName: "two",
  signingRoot: root,
  issuance: Issuance.external(),
});
external.grantIssue(new IssuerAuth(vault, "Issuer", { login: IssuerLogin.appRole() }));
const auth = new VaultK8sAuth(vault, "Auth", {
  clusterName: "one",
  method: VaultAuthMethod.jwt({ issuer: "https://oidc.example.com/one" }),
});
trust.grantRead(auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] }));
const certificate = new GatewayCertificate(vault, "Certificate", {
  clusterName: "one",
  gatewayName: "ingress",
  source: GatewayCertificateSource.vaultPki({ domains: ["shop.example.com"] }),
});
certificate.grantRead(auth.addRole("ingress", { serviceAccounts: ["ingress"], namespaces: ["ingress"] }));

const cluster = new TerraformStack(app, "cluster");
new HelmProvider(cluster, "Helm");
new KubernetesProvider(cluster, "Kubernetes");
const istiod = new IstiodWithVault(cluster, "Istiod", { trust, auth, istioVersion: "1.29.6" });
new GatewayWithVault(cluster, "Gateway", {
  gatewayName: "ingress",
  certificate,
  auth,
  istioVersion: "1.29.6",
  dependsOn: [istiod],
});

app.synth();
