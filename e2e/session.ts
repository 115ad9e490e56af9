import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "./processes";

/** What a run starts and writes goes with it, at its end or on a signal. */
export class Session {
  public readonly directory: string;

  /** @param keep whether the files stay */
  constructor(private readonly keep: boolean) {
    // The run's programs are on loopback; nothing here goes through a proxy.
    for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
      delete process.env[name];
      delete process.env[name.toUpperCase()];
    }
    this.directory = mkdtempSync(join(tmpdir(), "cdktf-istio-vault-e2e-"));
    // Pods run as users of their own, and must get into it.
    chmodSync(this.directory, 0o755);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.end();
        process.exit(130);
      });
    }
  }

  /** Ends all processes of the run at once, and removes its files unless they are to be kept. */
  public end(): void {
    killAll();
    if (!this.keep) {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }
}
