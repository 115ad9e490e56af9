import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import {
  ClusterTrust,
  IssuerAuth,
  IssuerLogin,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  RootSource,
  VaultAgentInjector,
  VaultAuthMethod,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Three clusters in a loop and in one stack, each by providers of its own, their secrets in two Vaults. */

const app = new App();
const stack = new TerraformStack(app, "mesh");
const main = new VaultProvider(stack, "Vault", { alias: "main", address: "https://vault.example.com:8200" });
const edge = new VaultProvider(stack, "Edge", {
  alias: "edge",
  address: "https://vault.edge.example.com:8200",
});
const tls = new TlsProvider(stack, "Tls", { alias: "keys" });

const signingRoot = new IstioRootCA(stack, "Root", {
  rootName: "a",
  source: RootSource.vaultPki(),
  provider: main,
});
const issuer = new IssuerAuth(stack, "Issuer", { login: IssuerLogin.appRole(), provider: main });

for (const clusterName of ["eu", "us", "edge"]) {
  const provider = clusterName === "edge" ? edge : main;
  const trust = new ClusterTrust(stack, `Trust-${clusterName}`, {
    clusterName,
    signingRoot,
    issuance: clusterName === "us" ? Issuance.external() : Issuance.terraform({ acceptKeysInState: true }),
    provider,
    tlsProvider: tls,
  });
  if (trust.issuerPolicyName) trust.grantIssue(issuer);
  const auth = new VaultK8sAuth(stack, `Auth-${clusterName}`, {
    clusterName,
    method: VaultAuthMethod.jwt({ issuer: `https://oidc.example.com/${clusterName}` }),
    provider,
  });
  trust.grantRead(auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] }));

  const helm = new HelmProvider(stack, `Helm-${clusterName}`, {
    alias: clusterName,
    kubernetes: { configContext: clusterName },
  });
  const injector = new VaultAgentInjector(stack, `Injector-${clusterName}`, {
    vaultAddress: "https://vault.example.com:8200",
    provider: helm,
  });
  new IstiodWithVault(stack, `Istiod-${clusterName}`, {
    trust,
    auth,
    istioVersion: "1.29.6",
    clusterName,
    provider: helm,
    dependsOn: [injector],
  });
}

app.synth();
