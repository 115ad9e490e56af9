import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CommandResult, run } from "../command";
import { Daemon } from "../processes";
import { check, part, scenario, step } from "../scenario";
import { delay, waitFor } from "../wait";
import { localVault } from "./demo/local-vault";

const PROJECT = resolve(__dirname, "..", "..");

/** A demo as a person has it: started by npm, known by what it prints, ended by Ctrl-C. */
class RunningDemo {
  private readonly daemon: Daemon;
  private readonly screen: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.screen = join(directory, "screen.log");
    const args = ["run", "--silent", "demo"];
    this.daemon = new Daemon({
      program: "npm",
      args,
      cwd: PROJECT,
      logFile: this.screen,
      lastSignal: "SIGINT",
    });
  }

  public async ready(): Promise<void> {
    await waitFor("a demo that is ready", 900, async () => {
      if (!this.daemon.running) throw new Error(this.printed);
      return /^Ready\./m.test(this.printed);
    });
  }

  public get printed(): string {
    return readFileSync(this.screen, "utf8");
  }

  public get directory(): string {
    return /^Everything goes to (\S+);/m.exec(this.printed)![1]!;
  }

  /** The commands it prints, as they are to be typed. */
  public get commands(): readonly string[] {
    return [...this.printed.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command!);
  }

  /** The one printed command that contains a text. */
  public command(text: string): string {
    const [command, ...others] = this.commands.filter((one) => one.includes(text));
    assert.ok(command && others.length === 0, `not one command with "${text}":\n${this.printed}`);
    return command;
  }

  /** Runs printed commands one after the other in a shell of their own. */
  public async type(...commands: string[]): Promise<CommandResult> {
    const script = [this.command("env.sh"), ...commands].join("\n");
    return run("bash", ["-c", script], { cwd: PROJECT, timeoutSeconds: 420 });
  }

  /** As type; all that is typed must succeed. */
  public async succeed(...commands: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.type("set -e -o pipefail", ...commands);
    assert.equal(code, 0, `${commands.join("\n")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Processes that have something to do with its directory. */
  public get processes(): readonly string[] {
    return readdirSync("/proc").filter(
      (pid) => /^\d+$/.test(pid) && commandLine(pid).includes(this.directory),
    );
  }

  public async interrupt(): Promise<void> {
    this.daemon.interrupt();
    await Promise.race([this.daemon.ended, delay(60)]);
  }
}

let running: RunningDemo;

const SIGNED = "s_client";
const METADATA = "vault kv metadata get";

/** `npm run demo`, as a person has it, and what of examples/local can be run here. */
scenario({ clusters: [] }, () => {
  localVault();
  part("npm run demo", () => {
    step("comes up and says so", async ({ rig }) => {
      running = new RunningDemo(join(rig.directory, "demo"));
      await running.ready();
    });
    check("writes Vault's token where its owner alone can read it, and prints it nowhere", () => {
      const file = join(running.directory, "vault-token");
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.ok(!running.printed.includes(readFileSync(file, "utf8")), "the token is on the screen");
    });
    tried("report --live", async (command) => {
      await running.succeed(command);
      const page = readFileSync(command.split("> ")[1]!, "utf8");
      for (const shown of ["as it ran", "cluster1", "cluster2"]) assert.ok(page.includes(shown), page);
      assert.doesNotMatch(page, /unreachable/);
    });
    tried("rotate --to b", async (command) => {
      const said = await running.succeed(command);
      assert.match(said, /^root a to b, step 1 of 6$/m);
      assert.match(said, /^next step, add b in every cluster: now$/m);
    });
    tried("get pods", async (command) => {
      assert.match(await running.succeed(command), /^istio-system +istiod-\S+ +2\/2 +Running/m);
    });
    tried(METADATA, async (command) => {
      assert.match(await running.succeed(command), /^current_version +1$/m);
    });
    tried("token capabilities", async (command) => {
      assert.equal(await running.succeed(running.command("login="), command), "read\n");
    });
    tried("vault read", async (command) => {
      const { code, stderr } = await running.type(running.command("login="), command);
      assert.equal(code, 2);
      assert.match(stderr, /Code: 403/);
    });
    tried("wget", async (command) => {
      assert.equal(await running.succeed(command), "cluster2");
    });
    tried("GET certs", async (command) => {
      assert.match(await running.succeed(command), /spiffe:\/\/cluster\.local\/ns\/traffic\/sa\/default/);
    });
    for (const diff of ["cdktf diff vault-cluster1", "cdktf diff cluster1"])
      tried(diff, async (command) => assert.match(await running.succeed(command), /No changes\./));
    tried(SIGNED, async (command) => {
      assert.match(await running.succeed(command), /^issuer=.*istiod-cluster1/m);
    });
    tried("cdktf deploy", async (command) => {
      const signed = running.command(SIGNED);
      const before = authorityKey(await running.succeed(signed));
      await running.succeed(command);
      assert.match(await running.succeed(running.command(METADATA)), /^current_version +2$/m);
      await waitFor("a certificate signed by the new intermediate", 120, async () => {
        return authorityKey(await running.succeed(signed)) !== before;
      });
    });
    check("prints no other command", () =>
      assert.equal(running.commands.length, 14, running.commands.join("\n")),
    );
    check("Ctrl-C leaves no process and no file", async () => {
      const { directory } = running;
      const before = running.processes.length;
      assert.ok(before > 10, `only ${before} processes belong to it`);
      await running.interrupt();
      await waitFor("the end of all its processes", 60, async () => running.processes.length === 0);
      assert.ok(!existsSync(directory), `${directory} is still there`);
      assert.match(running.printed, /^Stopped, and removed /m);
    });
  });
});

/** A printed command really does what is printed above it. */
function tried(text: string, run: (command: string) => Promise<void>): void {
  check(`"${text}", as it is printed, shows what is said`, () => run(running.command(text)));
}

function authorityKey(text: string): string {
  const key = /Authority Key Identifier:\s+([0-9A-F:]+)/.exec(text)?.[1];
  assert.ok(key, text);
  return key;
}

/** Of a process that may have ended meanwhile. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
