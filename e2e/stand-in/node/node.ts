import { join } from "node:path";
import type { ClusterAddresses } from "../addresses";
import type { KubeClient } from "../kube-client";
import type { Pod, Service } from "../kubernetes-objects";
import type { Daemon } from "../../processes";
import type { Programs } from "../../programs";
import { delay } from "../../wait";
import type { RunningPod } from "./container-process";
import { isKnown } from "./images";
import { PodRunner } from "./pod-runner";
import { type Address, portNumber, selects, ServiceProxy } from "./service-proxy";
import { PodVolumes } from "./volumes";

const POLL_SECONDS = 0.5;

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

  constructor(private readonly options: NodeOptions) {}

  public start(): void {
    void this.follow();
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
      if (isKnown(pod.spec.containers) && !this.pods.has(pod.metadata.uid)) this.begin(pod);
    }
  }

  private begin(pod: Pod): void {
    const runner = new PodRunner(this.prepare(pod));
    this.pods.set(pod.metadata.uid, { pod, runner });
    runner.run().catch(this.noteOf(pod));
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
