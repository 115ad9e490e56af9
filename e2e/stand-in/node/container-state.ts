import type { Container, ContainerStatus } from "../kubernetes-objects";

/** What became of a container, as its pod's status tells it. */
export class ContainerState {
  private running = false;
  private ready = false;
  private starts = 0;
  private exitCode?: number;

  constructor(private readonly container: Container) {}

  public started(): void {
    this.running = true;
    this.starts++;
  }

  public ended(exitCode: number): void {
    this.running = false;
    this.ready = false;
    this.exitCode = exitCode;
  }

  public answers(ready: boolean): void {
    this.ready = this.running && ready;
  }

  public get isReady(): boolean {
    return this.ready;
  }

  /** An init container that ended well. */
  public get isDone(): boolean {
    return !this.running && this.exitCode === 0;
  }

  public status(): ContainerStatus {
    const terminated = this.exitCode === undefined ? undefined : { exitCode: this.exitCode };
    return {
      name: this.container.name,
      image: this.container.image,
      imageID: "",
      ready: this.ready || this.isDone,
      restartCount: Math.max(0, this.starts - 1),
      state: this.running
        ? { running: {} }
        : terminated
          ? { terminated }
          : { waiting: { reason: "PodInitializing" } },
      ...(terminated && this.running && { lastState: { terminated } }),
    };
  }
}
