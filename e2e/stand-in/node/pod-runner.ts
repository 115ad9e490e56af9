import { mkdirSync } from "node:fs";
import { KubernetesError } from "../kube-client";
import type { Container } from "../kubernetes-objects";
import type { Daemon } from "../../processes";
import { delay } from "../../wait";
import { type RunningPod, startContainer } from "./container-process";
import { ContainerState } from "./container-state";
import { isAnswering } from "./readiness";

const RESTART_SECONDS = 3;
const PROBE_SECONDS = 0.5;

/** Runs one pod: volumes, init containers one by one, then the containers, each started again when it ends. */
export class PodRunner {
  private readonly init: Map<Container, ContainerState>;
  private readonly main: Map<Container, ContainerState>;
  private readonly daemons = new Map<string, Daemon>();
  private stopped = false;
  private reported = "";

  constructor(private readonly running: RunningPod) {
    const { initContainers = [], containers } = running.pod.spec;
    const states = (list: readonly Container[]) =>
      new Map(list.map((container) => [container, new ContainerState(container)]));
    this.init = states(initContainers);
    this.main = states(containers);
  }

  public get ip(): string {
    return this.running.ip;
  }

  public get isReady(): boolean {
    return !this.stopped && [...this.main.values()].every((state) => state.isReady);
  }

  /** Returns once the pod was stopped, or could not be started at all. */
  public async run(): Promise<void> {
    mkdirSync(this.running.directory, { recursive: true });
    await this.running.volumes.create();
    for (const [container, state] of this.init) await this.repeat(container, state, () => state.isDone);
    await Promise.all([
      ...[...this.main].map(([container, state]) => this.repeat(container, state, () => false)),
      this.probe(),
    ]);
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([...this.daemons.values()].map((daemon) => daemon.stop()));
  }

  /** The processes of a container that runs. */
  public container(name: string): Daemon {
    const daemon = this.daemons.get(name);
    if (!daemon) throw new Error(`no container ${name} runs in ${this.running.pod.metadata.name}`);
    return daemon;
  }

  /** Runs a container until it is `done` or the pod is stopped. */
  private async repeat(container: Container, state: ContainerState, done: () => boolean): Promise<void> {
    while (!this.stopped) {
      const daemon = await startContainer(this.running, container);
      this.daemons.set(container.name, daemon);
      if (this.stopped) daemon.kill();
      state.started();
      await this.report();
      state.ended(await daemon.ended);
      this.daemons.delete(container.name);
      await this.report();
      if (done()) return;
      await delay(RESTART_SECONDS);
    }
  }

  private async probe(): Promise<void> {
    while (!this.stopped) {
      for (const [container, state] of this.main) {
        state.answers(await isAnswering(container, this.running.ip));
      }
      await this.report();
      await delay(PROBE_SECONDS);
    }
  }

  /** Writes the pod's status where it changed. */
  private async report(): Promise<void> {
    const { pod, ip, api } = this.running;
    const condition = (type: string, met: boolean) => ({ type, status: met ? "True" : "False" });
    const initialized = [...this.init.values()].every((state) => state.isDone);
    const status = {
      phase: initialized ? "Running" : "Pending",
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [
        condition("PodScheduled", true),
        condition("Initialized", initialized),
        condition("ContainersReady", this.isReady),
        condition("Ready", this.isReady),
      ],
      initContainerStatuses: [...this.init.values()].map((state) => state.status()),
      containerStatuses: [...this.main.values()].map((state) => state.status()),
    };
    const text = JSON.stringify(status);
    if (this.stopped || text === this.reported) return;
    this.reported = text;
    const { namespace, name } = pod.metadata;
    try {
      await api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status });
    } catch (error) {
      // Deleted meanwhile: the node will stop it.
      if (!(error instanceof KubernetesError && error.status === 404)) throw error;
    }
  }
}
