import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon } from "../../processes";
import { waitFor } from "../../wait";
import type { World } from "../world";
import { KUBERNETES_MOUNT, unquoted } from "./logins";
import { pageCommand } from "./page";
import { administer, tokenWith } from "./vault-objects";

/** What Vault's debug log tells of refused logins, by `vault monitor`. */
export class LoginLog {
  private daemon?: Daemon;
  private file = "";

  public async start(world: World): Promise<void> {
    const { vault, programs, directory } = world.rig;
    this.file = join(directory, "monitor.log");
    await administer(world, "PUT", "sys/policies/acl/reads-log", {
      policy: 'path "sys/monitor" {\n  capabilities = ["read"]\n}',
    });
    this.daemon = new Daemon({
      program: programs.path("vault"),
      args: pageCommand("vault monitor").split(" ").slice(1),
      logFile: this.file,
      env: {
        HOME: directory,
        VAULT_ADDR: vault.address,
        VAULT_CACERT: vault.caFile,
        VAULT_TOKEN: await tokenWith(world, ["reads-log"]),
      },
    });
    await waitFor("vault monitor tells of a refused login", 30, async () => {
      this.daemon?.requireRunning();
      await endMark(world, "started");
      return this.text().includes(MARK);
    });
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
    // Vault writes in order: once this refusal is there, so are all before it.
    await endMark(world, "read");
    const text = await waitFor("the end of what Vault logged", 30, async () => {
      const since = this.text().slice(begin);
      return since.includes(MARK) && since;
    });
    const reasons = [...text.matchAll(/login unauthorized: err="(.*)"$/gm)].map(([, reason]) => reason!);
    return [...new Set(reasons.filter((reason) => !reason.includes(MARK)).map((reason) => unquoted(reason)))];
  }

  private text(): string {
    return readFileSync(this.file, "utf8");
  }
}

/** What Vault logs of a login with no JWT at all. */
const MARK = "compact JWS format must have three parts";

async function endMark({ rig }: World, jwt: string): Promise<void> {
  await rig.vault.client.login(KUBERNETES_MOUNT, "istiod", jwt);
}
