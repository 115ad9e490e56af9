import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import {
  ClusterTrust,
  GatewayCa,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  RootSource,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Vault and cluster in one stack: each release waits for what its pods need, and nobody says so. */

const app = new App();
const stack = new TerraformStack(app, "all");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
new TlsProvider(stack, "Tls");
new HelmProvider(stack, "Helm");
new KubernetesProvider(stack, "Kubernetes");

const injector = new VaultAgentInjector(stack, "Injector", {
  vaultAddress: "https://vault.example.com:8200",
});
const trust = new ClusterTrust(stack, "Trust", {
  clusterName: "one",
  signingRoot: new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki() }),
  issuance: Issuance.terraform({ acceptKeysInState: true }),
});
const auth = new VaultK8sAuth(stack, "Auth", {
  clusterName: "one",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://10.0.0.1:6443",
    kubernetesCaCertificate: process.env.PEM!,
  }),
});
const istiod = new IstiodWithVault(stack, "Istiod", {
  trust,
  auth,
  istioVersion: "1.29.6",
  dependsOn: [injector],
});
// Added after what waits for it.
trust.grantRead(auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] }));

const ca = new GatewayCa(stack, "GatewayCa");
const certificate = new GatewayCertificate(stack, "Certificate", {
  clusterName: "one",
  gatewayName: "ingress",
  source: GatewayCertificateSource.vaultPki({ domains: ["shop.example.com"], mountPath: ca.mountPath }),
  dependsOn: [ca],
});
certificate.grantRead(auth.addRole("ingress", { serviceAccounts: ["ingress"], namespaces: ["ingress"] }));
new GatewayWithVault(stack, "Gateway", {
  gatewayName: "ingress",
  certificate,
  auth,
  istioVersion: "1.29.6",
  dependsOn: [istiod],
});

app.synth();
