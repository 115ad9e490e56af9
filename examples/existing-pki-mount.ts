/**
 * Shows a company root in an existing PKI mount, which signs a cluster's intermediate.
 *
 * Run it: node --import tsx examples/existing-pki-mount.ts
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, TerraformStack } from "cdktf";
// In your own program: from "cdktf-istio-vault".
import { ClusterTrust, Duration, IstioRootCA, Issuance, KeyAlgorithm, RootSource } from "../lib";

const app = new App();
const stack = new TerraformStack(app, "existing-pki-mount");
new VaultProvider(stack, "Vault", { address: "https://vault.example.com:8200" });
new TlsProvider(stack, "Tls");

// Nothing is created: the certificate is a public file, and the issuer has the name it has in its mount.
const root = new IstioRootCA(stack, "Root", {
  rootName: "company",
  source: RootSource.existing({
    mountPath: "company-pki",
    issuer: "mesh-2026",
    // The self-signed certificate at the top of that issuer's chain. Here: a sample.
    certificatePem: readFileSync(join(__dirname, "clusters/cluster1-ca.pem"), "utf8"),
  }),
});

new ClusterTrust(stack, "Trust", {
  clusterName: "cluster1",
  signingRoot: root,
  issuance: Issuance.deploy({
    keyAlgorithm: KeyAlgorithm.ecdsa(256),
    // Vault limits this to what the issuer and its mount allow; a mount's own default is 32 days.
    validFor: Duration.days(30),
    // Raise it by one to renew: a deploy renews nothing by itself.
    generation: 1,
  }),
});

app.synth();
