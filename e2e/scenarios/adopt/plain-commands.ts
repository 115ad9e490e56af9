import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "../../command";
import type { Rig } from "../../rig";
import { vaultCli } from "../../vault-cli";

/** The CLIs of the article's reader, each with the credential of an administrator. */
export class PlainCommands {
  private readonly directory: string;

  constructor(private readonly rig: Rig) {
    this.directory = join(rig.directory, "by-hand");
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  /** Path of one of the reader's files. */
  public path(name: string): string {
    return join(this.directory, name);
  }

  public read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  public file(name: string, content: string): string {
    const path = this.path(name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  public vault(args: readonly string[], input?: string): Promise<string> {
    return vaultCli(this.rig, args, input);
  }

  public helm(cluster: string, args: readonly string[]): Promise<string> {
    const { kubeconfig } = this.rig.cluster(cluster);
    return output(this.rig.programs.path("helm"), ["--kubeconfig", kubeconfig, ...args], {
      env: { HOME: this.directory },
    });
  }

  public openssl(args: readonly string[]): Promise<string> {
    return output(this.rig.programs.path("openssl"), args, { cwd: this.directory });
  }
}
