import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Daemon } from "../processes";
import { waitFor } from "../wait";

/** One etcd for all clusters; each keeps to a prefix of its own. */
export class Etcd {
  public static async start(program: string, directory: string, host: string): Promise<Etcd> {
    mkdirSync(directory, { recursive: true });
    const client = `http://${host}:2379`;
    const peer = `http://${host}:2380`;
    const daemon = new Daemon({
      program,
      args: [
        "--name=etcd",
        `--data-dir=${join(directory, "data")}`,
        "--unsafe-no-fsync",
        "--log-level=warn",
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=etcd=${peer}`,
      ],
      logFile: join(directory, "etcd.log"),
    });
    await waitFor("etcd", 30, async () => {
      daemon.requireRunning();
      return (await fetch(`${client}/readyz`)).ok;
    });
    return new Etcd(client, join(directory, "data"));
  }

  private constructor(
    public readonly address: string,
    /** Its files: every value any cluster stored, old revisions included. */
    public readonly dataDirectory: string,
  ) {}
}
