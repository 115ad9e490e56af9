import { join } from "node:path";
import type { ClusterAddresses } from "../addresses";
import type { CertificateFiles } from "../../certificate-authority";
import type { KubeClient } from "../kube-client";
import type { Pod, Service } from "../kubernetes-objects";
import type { Daemon } from "../../processes";
import type { Programs } from "../../programs";
import { delay } from "../../wait";
import type { RunningPod } from "./container-process";
import { isKnown } from "./images";
import { Kubelet } from "./kubelet";
import { PodRunner } from "./pod-runner";
import { type Address, portNumber, selects, ServiceProxy } from "./service-proxy";
import { PodVolumes } from "./volumes";

const POLL_SECONDS = 0.5;
const NODE_NAME = "node";

export interface NodeOptions {
  readonly api: KubeClient;
  readonly addresses: ClusterAddresses;
  readonly programs: Programs;
  /** Keeps a directory for each pod: its volumes, and the log of each container. */
  readonly directory: string;
}

/** Stands in for a cluster's nodes: the kubelet for the pods it has programs for, and kube-proxy. */
export class Node {
  private readonly pods = new Map<string, { pod: Pod; runner: PodRunner }>();
  private readonly proxy = new ServiceProxy((service, port) => this.backend(service, port));
  private readonly problems: string[] = [];
  private readonly ending = new Set<string>();
  private kubelet?: Kubelet;

  constructor(private readonly options: NodeOptions) {}

  public start(): void {
    void this.follow();
  }

  /**
   * From now on ports of pods can be forwarded: there is a Node, each new pod is bound to it, and goes
   * through a grace period when it is deleted.
   */
  public async serveKubelet(files: CertificateFiles): Promise<void> {
    const { api, addresses } = this.options;
    const kubelet = new Kubelet(addresses.node, files, (namespace, name) => this.podIp(namespace, name));
    await api.create("/api/v1/nodes", { metadata: { name: NODE_NAME } });
    await api.patch(`/api/v1/nodes/${NODE_NAME}/status`, {
      status: {
        addresses: [{ type: "InternalIP", address: kubelet.address }],
        daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
      },
    });
    this.kubelet = kubelet;
  }

  /** What kept a pod from being started, if anything did. */
  public get troubles(): readonly string[] {
    return this.problems;
  }

  /** Where a pod's container logs and volumes are. */
  public podDirectory(pod: Pod): string {
    return join(this.options.directory, `${pod.metadata.namespace}.${pod.metadata.name}`);
  }

  /** Whether a pod's processes are still there, also after it was deleted. */
  public runs(pod: Pod): boolean {
    return this.pods.has(pod.metadata.uid);
  }

  /** The processes of a container of a pod that runs. */
  public container(pod: Pod, name: string): Daemon {
    const entry = this.pods.get(pod.metadata.uid);
    if (!entry) throw new Error(`pod ${pod.metadata.name} does not run`);
    return entry.runner.container(name);
  }

  private async follow(): Promise<void> {
    for (;;) {
      try {
        this.update(await this.options.api.list<Pod>("/api/v1/pods"));
        const services = await this.options.api.list<Service>("/api/v1/services");
        this.proxy.update(services.filter(({ spec }) => spec.selector && spec.clusterIP !== "None"));
      } catch (error) {
        this.note((error as Error).message);
      }
      await delay(POLL_SECONDS);
    }
  }

  private update(pods: readonly Pod[]): void {
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    for (const [uid, { runner }] of this.pods) {
      if (!present.has(uid)) void runner.stop().then(() => this.pods.delete(uid));
    }
    for (const pod of pods) {
      if (!isKnown(pod.spec.containers)) continue;
      if (pod.metadata.deletionTimestamp !== undefined) void this.end(pod).catch(this.noteOf(pod));
      else if (!this.pods.has(pod.metadata.uid)) this.begin(pod);
    }
  }

  private begin(pod: Pod): void {
    const runner = new PodRunner(this.prepare(pod));
    this.pods.set(pod.metadata.uid, { pod, runner });
    const bound = this.kubelet ? this.bind(pod) : Promise.resolve();
    bound.then(() => runner.run()).catch(this.noteOf(pod));
  }

  private async bind({ metadata: { namespace, name } }: Pod): Promise<void> {
    await this.options.api.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      metadata: { name },
      target: { apiVersion: "v1", kind: "Node", name: NODE_NAME },
    });
  }

  /** A bound pod is gone only when its node says so. */
  private async end({ metadata: { namespace, name, uid } }: Pod): Promise<void> {
    if (this.ending.has(uid)) return;
    this.ending.add(uid);
    await this.pods.get(uid)?.runner.stop();
    await this.options.api.delete(`/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`);
  }

  private podIp(namespace: string, name: string): string | undefined {
    const found = [...this.pods.values()].find(
      ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
    );
    return found?.runner.ip;
  }

  private prepare(pod: Pod): RunningPod {
    const { api, programs, addresses } = this.options;
    const directory = this.podDirectory(pod);
    const ip = addresses.nextPod();
    const volumes = new PodVolumes(api, pod, ip, join(directory, "volumes"));
    return { pod, ip, directory, volumes, api, programs };
  }

  private async backend(service: Service, targetPort: number | string): Promise<Address | undefined> {
    const ready = [...this.pods.values()].filter(
      ({ pod, runner }) => runner.isReady && selects(service, pod),
    );
    const chosen = ready[Math.floor(Math.random() * ready.length)];
    const port = chosen && portNumber(chosen.pod, targetPort);
    return port === undefined ? undefined : { host: chosen!.runner.ip, port };
  }

  private noteOf(pod: Pod): (error: Error) => void {
    return ({ message }) => this.note(`pod ${pod.metadata.name}: ${message}`);
  }

  private note(problem: string): void {
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}
