/**
 * Shows a mesh of one cluster in two stacks: what is in Vault, and the istiod that reads it.
 *
 * Run it: node --import tsx examples/minimal.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import {
  ClusterTrust,
  Duration,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  KeyAlgorithm,
  RootSource,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib";

const app = new App();
const stack = new TerraformStack(app, "minimal-vault");
// The constructs never create a provider: address and credential are yours. VAULT_TOKEN holds the token.
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });

const root = new IstioRootCA(stack, "Root", {
  rootName: "a",
  source: RootSource.vaultPki({ keyAlgorithm: KeyAlgorithm.rsa(4096), validFor: Duration.years(10) }),
});

const trust = new ClusterTrust(stack, "Trust", {
  clusterName: "cluster1",
  signingRoot: root,
  // The deploy issues the intermediate, and its key is kept in Vault alone.
  issuance: Issuance.deploy(),
});

const auth = new VaultK8sAuth(stack, "Auth", {
  clusterName: "cluster1",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://k8s-1.example.com:6443",
    kubernetesCaCertificate: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
  }),
});
const role = auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] });
trust.grantRead(role);

// Its deployer has no Vault credential: it knows only names of the other stack, and waits for it.
const cluster = new TerraformStack(app, "minimal-cluster1");
new HelmProvider(cluster, "Helm", {
  kubernetes: { configPath: "~/.kube/config", configContext: "cluster1" },
});

const injector = new VaultAgentInjector(cluster, "Injector", {
  vaultAddress: "https://vault.example.com:8200",
});
new IstiodWithVault(cluster, "Istiod", { trust, auth, istioVersion: "1.31.1", dependsOn: [injector] });

app.synth();
