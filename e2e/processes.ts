import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** Every process group this run started and has not seen the end of, and the signal that ends it. */
const groups = new Map<ChildProcess, NodeJS.Signals>();

/** Keeps account of a child that leads its own process group. */
export function startGroup<Child extends ChildProcess>(
  start: () => Child,
  lastSignal: NodeJS.Signals = "SIGKILL",
): Child {
  const child = start();
  groups.set(child, lastSignal);
  child.on("close", () => groups.delete(child));
  return child;
}

/** Signals a child and all of its process group. */
export function reap(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const cleanups: (() => void)[] = [];

/** What is to be undone, last things first, once everything was ended. It must not wait for anything but the kernel. */
export function atEnd(cleanup: () => void): void {
  cleanups.unshift(cleanup);
}

/** Ends everything that still runs, at once. */
export function killAll(): void {
  for (const [child, signal] of groups) reap(child, signal);
  for (const cleanup of cleanups.splice(0)) {
    try {
      cleanup();
    } catch (error) {
      console.error(`left behind: ${(error as Error).message}`);
    }
  }
}

/** A program that should run does not; no waiting helps. */
export class ProgramEnded extends Error {}

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What ends it with the run. A program that has process groups of its own must get to know. Default: SIGKILL. */
  readonly lastSignal?: NodeJS.Signals;
}

/** A program that runs until it is stopped; what it prints is added to its log file. */
export class Daemon {
  /** Resolves with the exit code; 128 and more for a signal. */
  public readonly ended: Promise<number>;
  private readonly child: ChildProcess;

  constructor(private readonly options: DaemonOptions) {
    const log = openSync(options.logFile, "a");
    this.child = startGroup(
      () =>
        spawn(options.program, options.args, {
          cwd: options.cwd,
          env: options.env ?? process.env,
          detached: true,
          stdio: ["ignore", log, log],
        }),
      options.lastSignal,
    );
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.child.on("error", () => resolve(127));
      this.child.on("close", (code) => resolve(code ?? 137));
    });
  }

  public get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  public requireRunning(): void {
    if (!this.running) throw new ProgramEnded(`${this.options.program} ended; log: ${this.options.logFile}`);
  }

  /** Asks it to end, and after ten seconds makes it. */
  public async stop(): Promise<void> {
    reap(this.child, "SIGTERM");
    const timer = setTimeout(() => this.kill(), 10_000);
    await this.ended;
    clearTimeout(timer);
    this.kill(); // what it left behind in its group
  }

  /** As Ctrl-C does. */
  public interrupt(): void {
    reap(this.child, "SIGINT");
  }

  public get pid(): number {
    return this.child.pid!;
  }

  public kill(): void {
    reap(this.child, "SIGKILL");
  }
}
