/**
 * Shows a new root beside an old one: workloads trust both, and the old one still signs.
 *
 * Run it: node --import tsx examples/two-roots.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import { ClusterTrust, Duration, IstioRootCA, Issuance, KeyAlgorithm, RootSource } from "../lib";

const app = new App();
const stack = new TerraformStack(app, "two-roots");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
new TlsProvider(stack, "Tls");

// The old root's mount belongs to another stack.
const oldRoot = IstioRootCA.fromRootCaAttributes(stack, "RootA", {
  rootName: "a",
  mountPath: "istio-root-a",
  certificatePem: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
});
const newRoot = new IstioRootCA(stack, "RootB", {
  rootName: "b",
  source: RootSource.vaultPki({ keyAlgorithm: KeyAlgorithm.ecdsa(384), validFor: Duration.years(5) }),
  commonName: "Mesh Root B",
  organization: "Example",
});

for (const clusterName of ["cluster1", "cluster2"]) {
  new ClusterTrust(stack, clusterName, {
    clusterName,
    // A later change makes this newRoot, once every cluster's workloads trust it.
    signingRoot: oldRoot,
    // In order: append at the end, drop from one end, never sort.
    bundle: [oldRoot, newRoot],
    issuance: Issuance.deploy(),
  });
}

app.synth();
