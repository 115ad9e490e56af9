import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { App, TerraformStack } from "cdktf";
import {
  ClusterTrust,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  RootSource,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Two clusters' secrets in one mount of the team's own, one by Terraform and one by an issuer. */

const app = new App();
const vault = new TerraformStack(app, "vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200" });
new TlsProvider(vault, "Tls");
const mount = new Mount(vault, "Mesh", { path: "mesh", type: "kv-v2" });
const signingRoot = new IstioRootCA(vault, "Root", { rootName: "a", source: RootSource.vaultPki() });

const shared = { signingRoot, secretsMountPath: mount.pathInput!, createMount: false, dependsOn: [mount] };
const one = new ClusterTrust(vault, "One", {
  ...shared,
  clusterName: "one",
  issuance: Issuance.terraform({ acceptKeysInState: true }),
});
new ClusterTrust(vault, "Two", { ...shared, clusterName: "two", issuance: Issuance.external() });

const cluster = new TerraformStack(app, "cluster");
new HelmProvider(cluster, "Helm");
new IstiodWithVault(cluster, "Istiod", {
  trust: one,
  auth: VaultK8sAuth.fromClusterName(cluster, "Auth", "one"),
  istioVersion: "1.29.6",
});

app.synth();
