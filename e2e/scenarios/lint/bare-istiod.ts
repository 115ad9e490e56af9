import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { dirname, join } from "node:path";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import { Daemon } from "../../processes";
import { delay } from "../../wait";

/** Where istiod looks for its ServiceAccount's token; without it, it has no CA. */
const TOKEN_FILE = "var/run/secrets/tokens/istio-token";

export interface BareIstiodOptions {
  readonly cluster: Cluster;
  readonly program: string;
  /** Of this machine, where nobody else listens. */
  readonly address: string;
  /** Its working directory. */
  readonly home: string;
  readonly caDirectory: string;
  /** A ServiceAccount's token for the audience istio-ca. */
  readonly token: string;
}

/** istiod's program by itself, outside any pod, on a directory of plug-in CA files. */
export class BareIstiod {
  public readonly address: string;
  private readonly logFile: string;
  private readonly daemon: Daemon;

  constructor({ cluster, program, address, home, caDirectory, token }: BareIstiodOptions) {
    this.address = address;
    this.logFile = join(home, "istiod.log");
    mkdirSync(join(home, dirname(TOKEN_FILE)), { recursive: true });
    writeFileSync(join(home, TOKEN_FILE), token, { mode: 0o600 });
    this.daemon = new Daemon({
      program,
      args: [
        "discovery",
        `--kubeconfig=${cluster.kubeconfig}`,
        `--clusterID=${cluster.name}`,
        `--httpAddr=${this.address}:8080`,
        `--httpsAddr=${this.address}:15017`,
        `--grpcAddr=${this.address}:15010`,
        `--secureGRPCAddr=${this.address}:15012`,
        `--monitoringAddr=${this.address}:15014`,
        `--ctrlz_address=${this.address}`,
      ],
      cwd: home,
      env: {
        POD_NAME: "istiod",
        POD_NAMESPACE: ISTIO_NAMESPACE,
        PILOT_CERT_PROVIDER: "istiod",
        ISTIO_MULTIROOT_MESH: "true",
        ROOT_CA_DIR: caDirectory,
      },
      logFile: this.logFile,
    });
  }

  /** Waits for the end of its start: true once it is ready, false where it gave up. */
  public async started(): Promise<boolean> {
    const deadline = Date.now() + 120_000;
    while (this.daemon.running) {
      if (await this.isReady()) return true;
      if (Date.now() > deadline)
        throw new Error(`neither ready nor ended within 120 s; log: ${this.logFile}`);
      await delay(0.1);
    }
    return false;
  }

  public get log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  public kill(): void {
    this.daemon.kill();
  }

  private isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      get(`http://${this.address}:8080/ready`, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      }).on("error", () => resolve(false));
    });
  }
}
