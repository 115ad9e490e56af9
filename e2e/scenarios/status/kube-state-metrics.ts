import { join } from "node:path";
import type { Cluster } from "../../cluster";
import { Daemon } from "../../processes";
import type { Rig } from "../../rig";
import { waitFor } from "../../wait";

/** What tells Prometheus of a cluster's pods and Deployments. */
export class KubeStateMetrics {
  public static async start(rig: Rig, cluster: Cluster): Promise<KubeStateMetrics> {
    const port = 8080 + 2 * rig.clusters.indexOf(cluster);
    const daemon = new Daemon({
      program: rig.programs.path("kube-state-metrics"),
      args: [
        `--kubeconfig=${cluster.kubeconfig}`,
        "--resources=pods,deployments",
        `--host=${rig.machine}`,
        `--port=${port}`,
        `--telemetry-host=${rig.machine}`,
        `--telemetry-port=${port + 1}`,
      ],
      logFile: join(cluster.directory, "kube-state-metrics.log"),
    });
    const metrics = new KubeStateMetrics(cluster, `http://${rig.machine}:${port}/metrics`);
    await waitFor(`kube-state-metrics of ${cluster.name}`, 60, async () => {
      daemon.requireRunning();
      return (await metrics.scrape()).includes("kube_pod_info{");
    });
    return metrics;
  }

  private constructor(
    public readonly cluster: Cluster,
    private readonly url: string,
  ) {}

  public async scrape(): Promise<string> {
    return (await fetch(this.url)).text();
  }
}
