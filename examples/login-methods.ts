/**
 * Shows two other ways for pods to log in: Vault's JWT method, and a long-lived token as the reviewer.
 *
 * Run it: node --import tsx examples/login-methods.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack, TerraformVariable } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import { ClusterTrust, Duration, IstiodWithVault, VaultAuthMethod, VaultK8sAuth } from "../lib";

const app = new App();
const vault = new TerraformStack(app, "login-vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200" });

// Vault verifies the token itself and need not reach cluster1's API server.
const jwt = new VaultK8sAuth(vault, "Auth1", {
  clusterName: "cluster1",
  method: VaultAuthMethod.jwt({ issuer: "https://oidc.example.com/cluster1" }),
});
jwt.addRole("istiod", {
  serviceAccounts: ["istiod"],
  namespaces: ["istio-system"],
  policies: ["istiod-certs-cluster1"],
  tokenTtl: Duration.minutes(10),
  tokenMaxTtl: Duration.hours(1),
});

// Given as TF_VAR_cluster2_reviewer. It is kept in the state and does not expire by itself.
const reviewer = new TerraformVariable(vault, "cluster2_reviewer", { type: "string", sensitive: true });
const reviewed = new VaultK8sAuth(vault, "Auth2", {
  clusterName: "cluster2",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://k8s-2.example.com:6443",
    kubernetesCaCertificate: readFileSync(join(__dirname, "clusters/cluster2-ca.pem"), "utf8"),
    tokenReviewerJwt: reviewer,
    audience: "vault",
  }),
});
reviewed.addRole("istiod", {
  serviceAccounts: ["istiod"],
  namespaces: ["istio-system"],
  policies: ["istiod-certs-cluster2"],
});

const cluster1 = new TerraformStack(app, "login-cluster1");
new HelmProvider(cluster1, "Helm", { kubernetes: { configContext: "cluster1" } });
new IstiodWithVault(cluster1, "Istiod", {
  trust: ClusterTrust.fromClusterName(cluster1, "Trust", "cluster1"),
  // The mount's default name for this method, the method, and the audience that its role requires.
  auth: VaultK8sAuth.fromVaultK8sAuthAttributes(cluster1, "Auth", {
    mountPath: "jwt-cluster1",
    type: "jwt",
    audience: "vault",
  }),
  istioVersion: "1.31.1",
});

app.synth();
