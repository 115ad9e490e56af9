import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "./certificate-authority";
import { Daemon } from "./processes";
import { VaultClient } from "./vault-client";
import { waitFor } from "./wait";

const PORT = 8200;

/** A Vault with TLS, file storage and an audit log; its data outlives a stop. */
export class VaultServer {
  public static async start(program: string, directory: string, host: string): Promise<VaultServer> {
    mkdirSync(directory, { recursive: true });
    const authority = await CertificateAuthority.create(directory, "e2e Vault");
    const files = await authority.issue({
      name: "vault",
      subject: "/CN=vault",
      usage: "serverAuth",
      names: [`IP:${host}`],
    });
    writeFileSync(
      join(directory, "vault.json"),
      JSON.stringify({
        storage: { file: { path: join(directory, "data") } },
        listener: {
          tcp: { address: `${host}:${PORT}`, tls_cert_file: files.certificate, tls_key_file: files.key },
        },
        api_addr: `https://${host}:${PORT}`,
        disable_mlock: true,
      }),
    );
    const vault = new VaultServer(program, directory, authority.certificate, host);
    await vault.initialize();
    return vault;
  }

  public readonly address: string;
  public readonly client: VaultClient;
  /** PEM of the CA that signed its server certificate. */
  public readonly caCertificate: string;
  private daemon: Daemon;
  private unsealKey = "";
  private token = "";

  private constructor(
    private readonly program: string,
    private readonly directory: string,
    /** Path of the CA certificate that signed the server's. */
    public readonly caFile: string,
    host: string,
  ) {
    this.address = `https://${host}:${PORT}`;
    this.caCertificate = readFileSync(caFile, "utf8");
    this.client = new VaultClient(this.address, this.caCertificate);
    this.daemon = this.run();
  }

  public get rootToken(): string {
    return this.token;
  }

  public get auditLog(): string {
    return join(this.directory, "audit.log");
  }

  /** What it logs at its own level. */
  public get serverLog(): string {
    return join(this.directory, "vault.log");
  }

  public async seal(): Promise<void> {
    await this.client.require("PUT", "sys/seal", { token: this.token });
  }

  public async unseal(): Promise<void> {
    await this.client.require("PUT", "sys/unseal", { content: { key: this.unsealKey } });
    await waitFor("Vault unsealed", 30, async () => {
      return (await this.client.send("GET", "sys/health")).status === 200;
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

  private run(): Daemon {
    return new Daemon({
      program: this.program,
      args: ["server", `-config=${join(this.directory, "vault.json")}`],
      logFile: this.serverLog,
    });
  }

  private async answers(): Promise<void> {
    await waitFor("Vault answers", 60, async () => {
      this.daemon.requireRunning();
      return (await this.client.send("GET", "sys/seal-status")).status === 200;
    });
  }

  private async initialize(): Promise<void> {
    await this.answers();
    const keys = await this.client.require("PUT", "sys/init", {
      content: { secret_shares: 1, secret_threshold: 1 },
    });
    this.unsealKey = (keys.keys_base64 as string[])[0]!;
    this.token = keys.root_token as string;
    await this.unseal();
    await this.client.require("PUT", "sys/audit/file", {
      token: this.token,
      content: { type: "file", options: { file_path: this.auditLog } },
    });
  }
}
