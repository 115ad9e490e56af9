import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { App, TerraformStack } from "cdktf";
import { ClusterTrust, IstiodWithVault, ValidationError, VaultK8sAuth } from "cdktf-istio-vault";

/** A user's own annotations on istiod's pods, beside the construct's; those it owns are refused. */

const app = new App();
const stack = new TerraformStack(app, "annotated");
new HelmProvider(stack, "Helm");
const istiod = (id: string, podAnnotations: Record<string, string>) =>
  new IstiodWithVault(stack, id, {
    trust: ClusterTrust.fromClusterName(stack, `${id}Trust`, "one"),
    auth: VaultK8sAuth.fromClusterName(stack, `${id}Auth`, "one"),
    istioVersion: "1.29.6",
    values: { podAnnotations },
  });

istiod("Istiod", {
  "prometheus.io/scrape": "true",
  "vault.hashicorp.com/agent-limits-cpu": "250m",
  template: "${not evaluated}",
});
try {
  istiod("Refused", { "vault.hashicorp.com/role": "another" });
} catch (error) {
  if (!(error instanceof ValidationError)) throw error;
  console.log(error.message);
}

app.synth();
