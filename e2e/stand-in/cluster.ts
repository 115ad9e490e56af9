import { join } from "node:path";
import type { ClusterAddresses } from "./addresses";
import { ControlPlane } from "./control-plane";
import { inventory } from "./inventory";
import type { KubeClient } from "./kube-client";
import type { Pod } from "./kubernetes-objects";
import { Node } from "./node/node";
import type { Programs } from "../programs";
import { waitFor } from "../wait";

export interface ClusterOptions {
  readonly name: string;
  readonly directory: string;
  readonly addresses: ClusterAddresses;
  readonly etcdAddress: string;
  readonly programs: Programs;
}

/** A control plane with a node stand-in. */
export class Cluster {
  public static async start(options: ClusterOptions): Promise<Cluster> {
    const controlPlane = await ControlPlane.start(options);
    const node = new Node({
      api: controlPlane.api,
      addresses: options.addresses,
      programs: options.programs,
      directory: join(options.directory, "pods"),
    });
    node.start();
    const before = await inventory(controlPlane.api);
    return new Cluster(options.directory, options.addresses, controlPlane, node, before);
  }

  private constructor(
    public readonly directory: string,
    public readonly addresses: ClusterAddresses,
    public readonly controlPlane: ControlPlane,
    public readonly node: Node,
    /** What the cluster held from its start. */
    public readonly before: ReadonlySet<string>,
  ) {}

  public get name(): string {
    return this.controlPlane.name;
  }

  public get api(): KubeClient {
    return this.controlPlane.api;
  }

  public async pods(namespace: string, labels: string): Promise<readonly Pod[]> {
    const selector = encodeURIComponent(labels);
    return this.api.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
  }

  /** Sets a Deployment's replicas, and waits until just as many pods are there and the others have ended. */
  public async scale(namespace: string, deployment: string, labels: string, replicas: number): Promise<void> {
    const before = await this.pods(namespace, labels);
    await this.api.patch(`/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`, {
      spec: { replicas },
    });
    await waitFor(`${replicas} pods of ${deployment}`, 60, async () => {
      const after = await this.pods(namespace, labels);
      const kept = new Set(after.map((pod) => pod.metadata.uid));
      const ended = before.every((pod) => kept.has(pod.metadata.uid) || !this.node.runs(pod));
      return after.length === replicas && ended;
    });
  }
}
