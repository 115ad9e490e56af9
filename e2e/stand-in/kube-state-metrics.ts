import { join } from "node:path";
import type { Cluster } from "./cluster";
import { Daemon } from "../processes";
import type { Programs } from "../programs";
import { waitFor } from "../wait";

const PORT = 8080;

/** What tells Prometheus of a cluster's pods and Deployments. */
export class KubeStateMetrics {
  public static async start(programs: Programs, cluster: Cluster): Promise<KubeStateMetrics> {
    const host = cluster.addresses.nextPod();
    const daemon = new Daemon({
      program: programs.path("kube-state-metrics"),
      args: [
        `--kubeconfig=${cluster.controlPlane.kubeconfig}`,
        "--resources=pods,deployments",
        `--host=${host}`,
        `--port=${PORT}`,
        `--telemetry-host=${host}`,
        `--telemetry-port=${PORT + 1}`,
      ],
      logFile: join(cluster.directory, "kube-state-metrics.log"),
    });
    const metrics = new KubeStateMetrics(cluster, `http://${host}:${PORT}/metrics`);
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
