/**
 * Shows two clusters' secrets in one KV mount that the program itself creates.
 *
 * Run it: node --import tsx examples/shared-mount.ts
 */
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
import { ClusterTrust, IstioRootCA, Issuance, RootSource } from "../lib"; // in your own program: from "cdktf-istio-vault"

const app = new App();
const stack = new TerraformStack(app, "shared-mount");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });

const root = new IstioRootCA(stack, "Root", { rootName: "a", source: RootSource.vaultPki() });
const mount = new Mount(stack, "Mesh", { path: "mesh", type: "kv-v2" });
for (const clusterName of ["cluster1", "cluster2"]) {
  new ClusterTrust(stack, clusterName, {
    clusterName,
    signingRoot: root,
    issuance: Issuance.external(),
    secretsMountPath: "mesh",
    createMount: false,
    dependsOn: [mount],
  });
}

app.synth();
