import { join } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { App, LocalBackend, TerraformStack } from "cdktf";
import type { Cluster } from "../../cluster";
import { output } from "../../command";
import { ISTIO_NAMESPACE } from "../../istiod";
import type { Rig } from "../../rig";

/** Installs Istio in a cluster by its own charts alone, as one does who has not heard of Vault. */
export async function installPlainIstio(rig: Rig, cluster: Cluster, values: object): Promise<void> {
  const outdir = join(cluster.directory, "plain-istio");
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "istio");
  new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
  new HelmProvider(stack, "Helm", { kubernetes: { configPath: cluster.kubeconfig } });
  const { charts, version } = rig.istio;
  const common = { namespace: ISTIO_NAMESPACE, wait: true };
  const base = new Release(stack, "Base", { ...common, name: "istio-base", chart: join(charts, "base") });
  const global = { hub: "docker.io/istio", tag: version, multiCluster: { clusterName: cluster.name } };
  new Release(stack, "Istiod", {
    ...common,
    name: "istio-istiod",
    chart: join(charts, "istiod"),
    values: [values, { global, autoscaleMin: 1 }].map((each) => JSON.stringify(each)),
    dependsOn: [base],
  });
  app.synth();
  const { path, env } = rig.terraform;
  for (const command of [
    ["init", "-input=false"],
    ["apply", "-input=false", "-auto-approve"],
  ]) {
    await output(path, [...command, "-no-color"], {
      cwd: join(outdir, "stacks", "istio"),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
  }
}
