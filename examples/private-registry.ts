/**
 * Shows charts and images from a private registry, a private Vault CA, and additional Helm values.
 *
 * Run it: node --import tsx examples/private-registry.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import { ClusterTrust, HelmCharts, IstiodWithVault, VaultAgentInjector, VaultK8sAuth } from "../lib";

const app = new App();
const stack = new TerraformStack(app, "private-registry");
new HelmProvider(stack, "Helm", { kubernetes: { configContext: "cluster1" } });
const charts = HelmCharts.repository("oci://registry.example.com/charts");

const injector = new VaultAgentInjector(stack, "Injector", {
  vaultAddress: "https://vault.example.com:8200",
  // Public. A sample here.
  vaultCaCertificate: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
  vaultNamespace: "platform/mesh",
  charts,
  image: "registry.example.com/hashicorp/vault-k8s:1.7.6",
  imagePullSecrets: ["registry"],
  values: { injector: { resources: { requests: { cpu: "50m", memory: "64Mi" } } } },
});

new IstiodWithVault(stack, "Istiod", {
  trust: ClusterTrust.fromClusterName(stack, "Trust", "cluster1"),
  auth: VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1"),
  istioVersion: "1.31.1",
  charts,
  imageHub: "registry.example.com/istio",
  imagePullSecrets: ["registry"],
  agentImage: "registry.example.com/hashicorp/vault:2.1.2",
  replicas: 3,
  values: {
    resources: { requests: { cpu: "500m", memory: "1Gi" } },
    meshConfig: { accessLogFile: "/dev/stdout" },
  },
  dependsOn: [injector],
});

app.synth();
