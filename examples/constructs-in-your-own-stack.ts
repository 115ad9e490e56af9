/**
 * Shows one istiod in a stack another team owns, on a KV mount and an auth mount with custom names.
 *
 * Run it: node --import tsx examples/constructs-in-your-own-stack.ts
 */
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
// In your own program: from "cdktf-istio-vault".
import { ClusterTrust, Duration, IstiodWithVault, VaultAgentInjector, VaultK8sAuth } from "../lib";

/** The platform team's stack. It needs a kubeconfig but no Vault credential. */
class PlatformStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new HelmProvider(this, "Helm", { kubernetes: { configPath: "~/.kube/config", configContext: "prod-7" } });
    // Any 3.x from 3.1 on, instead of the one version in cdktf's binding.
    this.addOverride("terraform.required_providers.helm.version", "~> 3.1");
    const istioBase = new Release(this, "IstioBase", {
      name: "istio-base",
      namespace: "istio-system",
      repository: "https://blob.istio.io/istio-release/charts",
      chart: "base",
      version: "1.31.1",
      wait: true,
    });

    const injector = new VaultAgentInjector(this, "Injector", {
      vaultAddress: "https://vault.example.com:8200",
    });

    // The platform team's KV v2 mount, with the four keys in one secret.
    const trust = ClusterTrust.fromClusterTrustAttributes(this, "Trust", {
      secretsMountPath: "platform-kv",
      certificatesPath: "prod-7/istiod",
      trustBundlePath: "prod-7/istiod",
      readPolicyName: "prod-7-istiod-read",
    });
    const auth = VaultK8sAuth.fromVaultK8sAuthAttributes(this, "Auth", { mountPath: "k8s/prod-7" });

    new IstiodWithVault(this, "Istiod", {
      trust,
      auth,
      roleName: "prod-7-istiod",
      istioVersion: "1.31.1",
      meshId: "mesh1",
      clusterName: "prod-7",
      network: "network7",
      renderInterval: Duration.minutes(1),
      dependsOn: [injector, istioBase],
    });
  }
}

const app = new App();
new PlatformStack(app, "platform");
app.synth();
