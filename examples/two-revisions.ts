/**
 * Shows two revisions of istiod in one cluster, the new one beside the one that injects by default.
 *
 * Run it: node --import tsx examples/two-revisions.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import {
  ClusterTrust,
  DefaultRevisionTag,
  istiodAccount,
  IstiodWithVault,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "../lib";

const app = new App();
const vault = new TerraformStack(app, "two-revisions-vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200" });

// The secrets and the policy belong to another team.
new VaultK8sAuth(vault, "Auth", {
  clusterName: "cluster1",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://k8s-1.example.com:6443",
    kubernetesCaCertificate: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
  }),
}).addRole("istiod", {
  serviceAccounts: ["default", "1-31-1"].map(istiodAccount),
  namespaces: ["istio-system"],
  policies: ["istiod-certs-cluster1"],
});

const cluster = new TerraformStack(app, "two-revisions-cluster1");
const access = { configPath: "~/.kube/config", configContext: "cluster1" };
new HelmProvider(cluster, "Helm", { kubernetes: access });
new KubernetesProvider(cluster, "Kubernetes", access);

const trust = ClusterTrust.fromClusterName(cluster, "Trust", "cluster1");
const auth = VaultK8sAuth.fromClusterName(cluster, "Auth", "cluster1");
const injector = new VaultAgentInjector(cluster, "Injector", {
  vaultAddress: "https://vault.example.com:8200",
});

const tag = new DefaultRevisionTag(cluster, "DefaultRevision", { revision: "default" });
for (const revision of ["default", "1-31-1"]) {
  new IstiodWithVault(cluster, `Istiod-${revision}`, {
    trust,
    auth,
    revision,
    istioVersion: revision === "default" ? "1.30.5" : "1.31.1",
    defaultRevisionTag: tag,
    dependsOn: [injector],
  });
}

app.synth();
