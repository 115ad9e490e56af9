import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "./certificate-authority";
import { Daemon } from "./processes";
import { type VaultAnswer, VaultClient } from "./vault-client";
import { waitFor } from "./wait";

const DEFAULT_PORT = 8200;

export interface VaultServerOptions {
  /** Path of Vault, or of OpenBao. */
  readonly program: string;
  readonly directory: string;
  readonly host: string;
  /** Where another has the usual one. */
  readonly port?: number;
  /** Address of IPv6 that it listens at besides. */
  readonly ipv6Host?: string;
  /** Created at the start, and where everything is looked for. */
  readonly namespace?: string;
}

/** A Vault with TLS, file storage and an audit log; its data outlives a stop. */
export class VaultServer {
  public static async start(options: VaultServerOptions): Promise<VaultServer> {
    const { directory, host, ipv6Host, port = DEFAULT_PORT } = options;
    mkdirSync(directory, { recursive: true });
    const authority = await CertificateAuthority.create(directory, "e2e Vault");
    const hosts = [host, ...(ipv6Host === undefined ? [] : [ipv6Host])];
    const { certificate, key } = await authority.issue({
      name: "vault",
      subject: "/CN=vault",
      usage: "serverAuth",
      names: hosts.map((each) => `IP:${each}`),
    });
    writeFileSync(
      join(directory, "vault.json"),
      JSON.stringify({
        storage: { file: { path: join(directory, "data") } },
        listener: hosts.map((each) => ({
          tcp: { address: socketOf(each, port), tls_cert_file: certificate, tls_key_file: key },
        })),
        api_addr: `https://${socketOf(host, port)}`,
        disable_mlock: true,
        // OpenBao keeps its API from doing this otherwise; Vault knows no such key.
        unsafe_allow_api_audit_creation: true,
        telemetry: { prometheus_retention_time: "24h", disable_hostname: true },
      }),
    );
    const vault = new VaultServer(options, authority.certificate);
    await vault.initialize();
    return vault;
  }

  public readonly address: string;
  /** In the namespace of the mesh. */
  public readonly client: VaultClient;
  /** PEM of the CA that signed its server certificate. */
  public readonly caCertificate: string;
  /** Of the server as a whole, outside the namespace of the mesh. */
  private readonly server: VaultClient;
  private daemon: Daemon;
  private unsealKey = "";
  private token = "";

  private constructor(
    private readonly options: VaultServerOptions,
    /** Path of the CA certificate that signed the server's. */
    public readonly caFile: string,
  ) {
    this.address = `https://${socketOf(options.host, options.port)}`;
    this.caCertificate = readFileSync(caFile, "utf8");
    this.server = new VaultClient(this.address, this.caCertificate);
    this.client = new VaultClient(this.address, this.caCertificate, options.namespace);
    this.daemon = this.run();
  }

  /** The same server by IPv6. */
  public get ipv6Address(): string {
    if (this.options.ipv6Host === undefined) throw new Error("this Vault has no address of IPv6");
    return `https://${socketOf(this.options.ipv6Host)}`;
  }

  public get namespace(): string | undefined {
    return this.options.namespace;
  }

  public get rootToken(): string {
    return this.token;
  }

  /** PEM of its certificate and key, which another CA signed than those of the mesh. */
  public get serverIdentity(): { readonly cert: string; readonly key: string } {
    const [cert, key] = ["crt", "key"].map((kind) =>
      readFileSync(join(this.options.directory, `vault.${kind}`), "utf8"),
    );
    return { cert: cert!, key: key! };
  }

  public get auditLog(): string {
    return join(this.options.directory, "audit.log");
  }

  /** What it logs at its own level. */
  public get serverLog(): string {
    return join(this.options.directory, "vault.log");
  }

  /** Asks as an administrator, in the namespace of the mesh; must succeed. */
  public ask(method: string, path: string, content?: unknown): Promise<VaultAnswer> {
    return this.client.require(method, path, { token: this.token, content });
  }

  public async seal(): Promise<void> {
    await this.server.require("PUT", "sys/seal", { token: this.token });
  }

  public async unseal(): Promise<void> {
    await this.server.require("PUT", "sys/unseal", { content: { key: this.unsealKey } });
    await waitFor("Vault unsealed", 30, async () => {
      return (await this.server.send("GET", "sys/health")).status === 200;
    });
  }

  public async stop(): Promise<void> {
    await this.daemon.stop();
  }

  /** Starts it again, unsealed. */
  public async restart(): Promise<void> {
    this.daemon = this.run();
    await this.answers();
    await this.unseal();
  }

  /** Keeps what it holds now, for `restore()`. */
  public async snapshot(): Promise<void> {
    await this.stop();
    cpSync(this.data, `${this.data}.snapshot`, { recursive: true });
    await this.restart();
  }

  /** Forgets all it took since the snapshot. */
  public async restore(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true });
    cpSync(`${this.data}.snapshot`, this.data, { recursive: true });
    await this.restart();
  }

  /** An empty one in its place, at the same address, with a root token of its own. */
  public async replace(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true });
    this.daemon = this.run();
    await this.initialize();
  }

  private get data(): string {
    return join(this.options.directory, "data");
  }

  private run(): Daemon {
    return new Daemon({
      program: this.options.program,
      args: ["server", `-config=${join(this.options.directory, "vault.json")}`],
      logFile: this.serverLog,
    });
  }

  private async answers(): Promise<void> {
    await waitFor("Vault answers", 60, async () => {
      this.daemon.requireRunning();
      return (await this.server.send("GET", "sys/seal-status")).status === 200;
    });
  }

  private async initialize(): Promise<void> {
    await this.answers();
    const keys = await this.server.require("PUT", "sys/init", {
      content: { secret_shares: 1, secret_threshold: 1 },
    });
    this.unsealKey = (keys.keys_base64 as string[])[0]!;
    this.token = keys.root_token as string;
    await this.unseal();
    await this.server.require("PUT", "sys/audit/file", {
      token: this.token,
      content: { type: "file", options: { file_path: this.auditLog } },
    });
    const { namespace } = this.options;
    if (namespace !== undefined) {
      await this.server.require("PUT", `sys/namespaces/${namespace}`, { token: this.token, content: {} });
    }
  }
}

function socketOf(host: string, port = DEFAULT_PORT): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
