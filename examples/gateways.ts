/**
 * Shows an ingress gateway with certificates of a Vault PKI mount, and an egress gateway with one written to Vault.
 *
 * Run it: node --import tsx examples/gateways.ts
 */
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import {
  Duration,
  GatewayCa,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  KeyAlgorithm,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib"; // in your own program: from "cdktf-istio-vault"

const app = new App();

// Used twice: the Vault side allows what the cluster's side requests.
const ingress = {
  clusterName: "cluster1",
  gatewayName: "istio-ingress",
  source: GatewayCertificateSource.vaultPki({
    domains: ["shop.example.com", "*.apps.example.com"],
    validFor: Duration.days(30),
  }),
};
const egress = {
  clusterName: "cluster1",
  gatewayName: "istio-egress",
  source: GatewayCertificateSource.vaultKv({ mountPath: "certificates", path: "egress/cluster1" }),
};

// The Vault side: a CA, and for each gateway what its pods may request and how they log in.
const vault = new TerraformStack(app, "gateways-vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200", skipChildToken: true });

const ca = new GatewayCa(vault, "GatewayCa", {
  keyAlgorithm: KeyAlgorithm.ecdsa(384),
  validFor: Duration.years(5),
});

const auth = new VaultK8sAuth(vault, "Auth", {
  clusterName: "cluster1",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://k8s-1.example.com:6443",
    // Public. A sample here.
    kubernetesCaCertificate: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
  }),
});
for (const gateway of [ingress, egress]) {
  const { gatewayName } = gateway;
  const certificate = new GatewayCertificate(vault, gatewayName, { ...gateway, dependsOn: [ca] });
  const role = auth.addRole(gatewayName, { serviceAccounts: [gatewayName], namespaces: [gatewayName] });
  certificate.grantRead(role);
}

// The cluster's side, perhaps in another repository: no Vault credential, only names.
const cluster = new TerraformStack(app, "gateways-cluster1");
cluster.addDependency(vault);
new HelmProvider(cluster, "Helm", { kubernetes: { configContext: "cluster1" } });
new KubernetesProvider(cluster, "Kubernetes", { configContext: "cluster1" });

new VaultAgentInjector(cluster, "Injector", {
  vaultAddress: "https://vault.example.com:8200",
  watchedNamespaces: ["istio-system", "istio-ingress", "istio-egress"],
});
const login = VaultK8sAuth.fromClusterName(cluster, "Login", "cluster1");

new GatewayWithVault(cluster, "Ingress", {
  gatewayName: "istio-ingress",
  certificate: GatewayCertificate.fromGatewayCertificateAttributes(cluster, "IngressCertificate", ingress),
  auth: login,
  istioVersion: "1.31.1",
  replicas: 3,
  values: { service: { externalTrafficPolicy: "Local" } },
});

new GatewayWithVault(cluster, "Egress", {
  gatewayName: "istio-egress",
  certificate: GatewayCertificate.fromGatewayCertificateAttributes(cluster, "EgressCertificate", egress),
  auth: login,
  istioVersion: "1.31.1",
  renderInterval: Duration.minutes(1),
  values: { service: { type: "ClusterIP" } },
});

app.synth();
