/**
 * Shows intermediates made outside of Terraform by a scheduled GitHub job, which may do that and nothing else.
 *
 * Run it: node --import tsx examples/external-issuer.ts
 */
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In a program of your own: from "cdktf-istio-vault".
import { ClusterTrust, Duration, IssuerAuth, IssuerLogin, IstioRootCA, Issuance, RootSource } from "../lib";

const app = new App();
const stack = new TerraformStack(app, "external-issuer");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });

const root = new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki() });

const trusts = ["cluster1", "cluster2"].map(
  (clusterName) =>
    new ClusterTrust(stack, clusterName, {
      clusterName,
      signingRoot: root,
      // No key in the state: the issuer makes it, and Vault signs for this long and no longer.
      issuance: Issuance.external({ validFor: Duration.days(60) }),
    }),
);

// One role may issue for both clusters.
const issuer = new IssuerAuth(stack, "Issuer", {
  login: IssuerLogin.githubActions({
    repositoryId: "123456789",
    // Whoever runs in this environment can make CAs for the mesh: protect it.
    environment: "istio-issuer",
  }),
});
for (const trust of trusts) trust.grantIssue(issuer);

// GitLab in its place, an instance of one's own.
export const gitlab = IssuerLogin.gitlab({
  url: "https://gitlab.example.com",
  projectId: "4711",
  environment: "istio-issuer",
});

// A scheduler without an identity of its own.
export const appRole = IssuerLogin.appRole({ secretIdTtl: Duration.days(7) });

app.synth();
