/**
 * Shows intermediates issued outside Terraform by a scheduled GitHub job, which may do only that.
 *
 * Run it: node --import tsx examples/external-issuer.ts
 */
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
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
      // No key in the state: the issuer creates it, and Vault signs for exactly this lifetime.
      issuance: Issuance.external({ validFor: Duration.days(60) }),
    }),
);

// One role may issue for both clusters.
const issuer = new IssuerAuth(stack, "Issuer", {
  login: IssuerLogin.githubActions({
    repositoryId: "123456789",
    // Jobs in this environment can issue CAs for the mesh: protect it.
    environment: "istio-issuer",
  }),
});
for (const trust of trusts) trust.grantIssue(issuer);

// Or GitLab, on a self-managed instance.
export const gitlab = IssuerLogin.gitlab({
  url: "https://gitlab.example.com",
  projectId: "4711",
  environment: "istio-issuer",
});

// Or a scheduler that has no identity of another kind.
export const appRole = IssuerLogin.appRole({ secretIdTtl: Duration.days(7) });

app.synth();
