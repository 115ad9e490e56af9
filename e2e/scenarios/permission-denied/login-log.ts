import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon } from "../../processes";
import type { World } from "../../scenario";
import { waitFor } from "../../wait";
import { KUBERNETES_MOUNT, tokenWith, unquoted } from "./attempts";
import { pageCommand } from "./page";

/** What Vault logs of a login with no JWT at all. */
const MARK = "compact JWS format must have three parts";

/** What Vault's debug log tells of refused logins, by `vault monitor`. */
export class LoginLog {
  private daemon?: Daemon;
  private file = "";

  public async start(world: World): Promise<void> {
    const { vault, programs, directory } = world.rig;
    this.file = join(directory, "monitor.log");
    const policy = 'path "sys/monitor" {\n  capabilities = ["read"]\n}';
    await vault.ask("PUT", "sys/policies/acl/reads-log", { policy });
    this.daemon = new Daemon({
      program: programs.path("vault"),
      args: pageCommand("vault monitor").split(" ").slice(1),
      logFile: this.file,
      env: {
        HOME: directory,
        VAULT_ADDR: vault.address,
        VAULT_CACERT: vault.caFile,
        VAULT_TOKEN: await tokenWith(world, "reads-log"),
      },
    });
    await this.untilMark(world, 0);
  }

  /** Ends it. While it runs, Vault cannot be sealed. */
  public async stop(): Promise<void> {
    await this.daemon?.stop();
  }

  public mark(): number {
    return this.text().length;
  }

  /** Why logins were refused since `begin`, each reason once. */
  public async refusals(world: World, begin: number): Promise<readonly string[]> {
    const text = await this.untilMark(world, begin);
    const reasons = [...text.matchAll(/login unauthorized: err="(.*)"$/gm)].map(([, reason]) => reason!);
    return [...new Set(reasons.filter((reason) => !reason.includes(MARK)).map((reason) => unquoted(reason)))];
  }

  /** Vault writes in order: once the refusal of a login without a JWT is there, so are all before it. */
  private untilMark({ rig }: World, begin: number): Promise<string> {
    return waitFor("what Vault logs of a refused login", 60, async () => {
      this.daemon?.requireRunning();
      await rig.vault.client.login(KUBERNETES_MOUNT, "istiod", "none");
      const since = this.text().slice(begin);
      return since.includes(MARK) && since;
    });
  }

  private text(): string {
    return readFileSync(this.file, "utf8");
  }
}
