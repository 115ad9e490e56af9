import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import {
  ClusterTrust,
  IstioRootCA,
  Issuance,
  IstiodWithVault,
  RootSource,
  VaultAuthMethod,
  VaultK8sAuth,
} from "cdktf-istio-vault";

/** Constructs of one app given to those of another, which someone else deploys. */

const first = new App({ outdir: "first.out" });
const vault = new TerraformStack(first, "vault");
new VaultProvider(vault, "Vault", { address: "https://vault.example.com:8200" });
const trust = new ClusterTrust(vault, "Trust", {
  clusterName: "one",
  signingRoot: new IstioRootCA(vault, "Root", { rootName: "a", source: RootSource.vaultPki() }),
  issuance: Issuance.external(),
});
const auth = new VaultK8sAuth(vault, "Auth", {
  clusterName: "one",
  method: VaultAuthMethod.kubernetes({
    kubernetesHost: "https://10.0.0.1:6443",
    kubernetesCaCertificate: process.env.PEM!,
  }),
});
trust.grantRead(auth.addRole("istiod", { serviceAccounts: ["istiod"], namespaces: ["istio-system"] }));

const second = new App({ outdir: "second.out" });
const cluster = new TerraformStack(second, "cluster");
new HelmProvider(cluster, "Helm");
new IstiodWithVault(cluster, "Istiod", { trust, auth, istioVersion: "1.29.6" });

first.synth();
second.synth();
