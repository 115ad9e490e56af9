import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type CommandResult, run } from "./command";
import type { Core } from "./core";
import { type MeshSettings, writeMeshFile } from "./mesh-file";
import type { TerraformProgram } from "./open-tofu";
import { withoutPluginCache } from "./plugin-cache";
import type { Rig } from "./rig";

/** Vault's stacks, as cdktf takes them all. They alone are given a credential of Vault's. */
export const VAULT_STACKS = "vault-*";

const isOfVault = (stack: string): boolean => stack.startsWith("vault-");

const ALL_STACKS = "*";

/** cdktf gives Terraform a session of its own; the PID namespace holds both together. */
const ISOLATED = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];

/** What terraform plan -detailed-exitcode says. */
export enum PlanOutcome {
  EMPTY = 0,
  ERROR = 1,
  CHANGES = 2,
}

/** A resource a plan would touch, and how. */
export interface PlannedChange {
  readonly address: string;
  readonly actions: readonly string[];
}

/** The program under test, with a mesh.yaml, an output directory and states of its own. */
export class Deployment {
  /** What the deployer of Vault's stacks has in the environment besides, or instead. */
  public variables: Readonly<Record<string, string>> = {};
  private commands = 0;

  constructor(
    private readonly rig: Rig,
    public readonly directory: string,
    private readonly core: Core = rig.core,
  ) {
    // States hold private keys, and the directory above is open to the pods' users.
    mkdirSync(join(directory, "log"), { recursive: true, mode: 0o700 });
    this.installCommand();
  }

  /** Where Terraform's npx looks for it, as npm would have installed it above cdktf.out. */
  private installCommand(): void {
    const commands = join(this.directory, "node_modules", ".bin");
    const command = join(commands, "istio-vault");
    if (existsSync(command)) return;
    mkdirSync(commands, { recursive: true });
    symlinkSync(this.core.istioVault, command);
  }

  public get outputDirectory(): string {
    return join(this.directory, "cdktf.out");
  }

  /** The stacks that a name, or VAULT_STACKS, stands for as synthesized last: what is shared first. */
  public stacksOf(name: string): readonly string[] {
    if (name !== VAULT_STACKS) return [name];
    const { stacks } = JSON.parse(readFileSync(join(this.outputDirectory, "manifest.json"), "utf8")) as {
      stacks: Record<string, { dependencies: string[] }>;
    };
    const waits = (stack: string) => stacks[stack]!.dependencies.length;
    return Object.keys(stacks)
      .filter(isOfVault)
      .sort((one, other) => waits(one) - waits(other));
  }

  public stateFile(stack: string): string {
    return join(this.directory, `terraform.${stack}.tfstate`);
  }

  public configure(settings: MeshSettings): void {
    writeMeshFile(this.meshFile, this.rig, settings);
  }

  /** Deploys stacks in one go; each must need the same credentials. */
  public async deploy(...stacks: string[]): Promise<void> {
    succeeded(await this.tryDeploy(stacks));
  }

  /** Deploys every stack in order, with every credential at hand. */
  public async deployAll(): Promise<void> {
    succeeded(await this.cdktf("deploy", [ALL_STACKS], ["--auto-approve"]));
  }

  /** As deploy, whatever comes of it; aborting `signal` kills it and all it started. */
  public tryDeploy(stacks: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
    // With this option cdktf keeps no order, which Vault's stacks need, and have all among themselves.
    const alone = stacks.includes(VAULT_STACKS) ? [] : ["--ignore-missing-stack-dependencies"];
    return this.cdktf("deploy", stacks, ["--auto-approve", ...alone], signal);
  }

  /**
   * `istio-vault rotate`, which deploys Vault's stacks itself, with its deployer's credential; aborting `signal` kills it and
   * all it started.
   */
  public rotate(options: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
    const ofCdktf = ["--output", this.outputDirectory, "--skip-provider-lock", "--auto-approve"];
    return this.logged(
      "rotate",
      this.rig.programs.path("unshare"),
      [...ISOLATED, process.execPath, this.core.istioVault, "rotate", ...options, "--", ...ofCdktf],
      { cwd: this.core.directory, env: this.environment([VAULT_STACKS]), signal },
    );
  }

  /** Destroys the clusters' stacks in one go, or Vault's, one after the other, once they are gone. */
  public async destroy(...stacks: string[]): Promise<void> {
    if (stacks.includes(VAULT_STACKS)) {
      await this.synth();
      for (const stack of [...this.stacksOf(VAULT_STACKS)].reverse()) await this.destroy(stack);
      return;
    }
    // Given several stacks with this option, cdktf 0.21 starts the first again and again.
    const alone = stacks.length === 1 ? ["--ignore-missing-stack-dependencies"] : [];
    succeeded(await this.cdktf("destroy", stacks, ["--auto-approve", ...alone]));
  }

  public async synth(...options: string[]): Promise<void> {
    succeeded(await this.cdktf("synth", [], options));
  }

  /** Runs a page's commands beside cdktf.out, as who deploys the stack, with this for Terraform; what they print. */
  public async runCommands(commands: string, stack: string, terraform: TerraformProgram): Promise<string> {
    const env = {
      ...this.environment([stack]),
      ...terraform.env,
      PATH: [dirname(terraform.path), this.core.path].join(delimiter),
      TF_INPUT: "0",
      TF_CLI_ARGS_apply: "-auto-approve",
    };
    const others = commands.replace("npx cdktf synth", "true");
    if (others !== commands) await this.synth();
    const script = ["umask 077", others].join("\n");
    const result = await this.logged(`commands-${stack}`, "bash", ["-euc", script], {
      cwd: this.directory,
      env,
    });
    succeeded(result);
    return result.stdout;
  }

  /** Plans stacks as they were synthesized last; `token` takes the place of the deployer's for Vault. */
  public async plan(name: string, token?: string): Promise<{ outcome: PlanOutcome; text: string }> {
    const planned: CommandResult[] = [];
    for (const stack of this.stacksOf(name)) planned.push(await this.planTo(stack, { token }));
    const is = (outcome: PlanOutcome) => planned.some(({ code }) => code === outcome);
    return {
      outcome: [PlanOutcome.ERROR, PlanOutcome.CHANGES].find(is) ?? PlanOutcome.EMPTY,
      text: planned.map(({ stdout, stderr }) => stdout + stderr).join(""),
    };
  }

  /** Throws unless a plan of each stack, as it was synthesized last, would change nothing. */
  public async requireEmptyPlan(...stacks: string[]): Promise<void> {
    for (const stack of stacks) {
      const { outcome, text } = await this.plan(stack);
      assert.equal(outcome, PlanOutcome.EMPTY, `${stack}: ${text}`);
    }
  }

  /** Applies one stack as it was synthesized last, by Terraform alone and with this token of Vault's. */
  public async apply(stack: string, token: string): Promise<CommandResult> {
    succeeded(await this.terraform(stack, ["init", "-input=false"]));
    return this.terraform(stack, ["apply", "-input=false", "-auto-approve"], token);
  }

  /** Makes resources of stacks again that Terraform believes are there, and says which. */
  public async replace(name: string, isMeant: (address: string) => boolean): Promise<readonly string[]> {
    const replaced: string[] = [];
    for (const stack of this.stacksOf(name)) replaced.push(...(await this.replaceIn(stack, isMeant)));
    return replaced;
  }

  private async replaceIn(stack: string, isMeant: (address: string) => boolean): Promise<readonly string[]> {
    const { resources } = JSON.parse(this.state(stack)) as { resources: { type: string; name: string }[] };
    const addresses = resources.map(({ type, name }) => `${type}.${name}`).filter(isMeant);
    succeeded(await this.terraform(stack, ["init", "-input=false"]));
    const options = addresses.map((address) => `-replace=${address}`);
    succeeded(await this.terraform(stack, ["apply", "-input=false", "-auto-approve", ...options]));
    return addresses;
  }

  /** Forgets all that stacks deployed. */
  public forget(name: string): void {
    for (const stack of this.stacksOf(name)) rmSync(this.stateFile(stack));
  }

  /** Lets a stack take over what is there already: ids by addresses. */
  public async importInto(stack: string, resources: Readonly<Record<string, string>>): Promise<void> {
    succeeded(await this.terraform(stack, ["init", "-input=false"]));
    for (const [address, id] of Object.entries(resources)) {
      succeeded(await this.terraform(stack, ["import", "-input=false", address, id]));
    }
  }

  /** What Terraform itself says to a destroy; cdktf at times loses the end of that. */
  public async destroyPlan(stack: string): Promise<string> {
    const planned = await this.terraform(stack, ["plan", "-destroy", "-input=false"]);
    return planned.stdout + planned.stderr;
  }

  /** What plans would do, resource by resource. */
  public async plannedChanges(name: string): Promise<readonly PlannedChange[]> {
    const changes: PlannedChange[] = [];
    for (const stack of this.stacksOf(name)) changes.push(...(await this.plannedChangesOf(stack)));
    return changes;
  }

  private async plannedChangesOf(stack: string): Promise<readonly PlannedChange[]> {
    return this.withPlanFile(stack, async (planFile) => {
      // Not logged: with a plan comes the state, keys and all.
      const shown = await run(this.rig.terraform.path, ["show", "-json", planFile], this.inStack(stack));
      succeeded(shown);
      const { resource_changes: changes } = JSON.parse(shown.stdout) as {
        resource_changes: { address: string; change: { actions: string[] } }[];
      };
      return changes
        .map(({ address, change }) => ({ address, actions: change.actions }))
        .filter(({ actions }) => !actions.includes("no-op") && !actions.includes("read"));
    });
  }

  /** The same in few words, without the hashes of ids: `update helm_release.Istiod`. */
  public async changes(name: string): Promise<readonly string[]> {
    const changes = await this.plannedChanges(name);
    const plain = (address: string) => address.replace(/(_Resource)?_[0-9A-F]{8}$/, "");
    return changes.map(({ address, actions }) => `${actions.join(" and ")} ${plain(address)}`).sort();
  }

  /** Hands a plan file to `use`, and removes it afterwards. */
  public async withPlanFile<Result>(stack: string, use: (path: string) => Promise<Result>): Promise<Result> {
    const planFile = join(this.directory, `${stack}.plan`);
    const planned = await this.planTo(stack, { planFile });
    if (planned.code === PlanOutcome.ERROR) succeeded(planned);
    try {
      return await use(planFile);
    } finally {
      rmSync(planFile);
    }
  }

  private async planTo(
    stack: string,
    { planFile, token }: { planFile?: string; token?: string },
  ): Promise<CommandResult> {
    succeeded(await this.terraform(stack, ["init", "-input=false"]));
    const options = planFile === undefined ? [] : [`-out=${planFile}`];
    return this.terraform(stack, ["plan", "-input=false", "-detailed-exitcode", ...options], token);
  }

  private terraform(stack: string, args: readonly string[], token?: string): Promise<CommandResult> {
    const [verb, ...options] = args;
    const { cwd, env } = this.inStack(stack);
    return this.logged(
      `terraform-${verb}-${stack}`,
      this.rig.terraform.path,
      [verb!, "-no-color", ...options],
      // A home of its own: where the token is empty, the provider takes what a login left at home.
      { cwd, env: token === undefined ? env : { ...env, HOME: this.directory, VAULT_TOKEN: token } },
    );
  }

  private inStack(stack: string): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: join(this.outputDirectory, "stacks", stack), env: this.environment([stack]) };
  }

  /** A stack's state, or Vault's stacks' one after the other, as text. */
  public state(name: string): string {
    return this.stacksOf(name)
      .map((stack) => readFileSync(this.stateFile(stack), "utf8"))
      .join("\n");
  }

  public get meshFile(): string {
    return join(this.directory, "mesh.yaml");
  }

  private cdktf(
    verb: string,
    stacks: readonly string[],
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<CommandResult> {
    const locked = verb === "synth" ? [] : ["--skip-provider-lock"];
    return this.logged(
      [verb, ...stacks].join("-").replace(ALL_STACKS, "all"),
      this.rig.programs.path("unshare"),
      [
        ...ISOLATED,
        this.core.command,
        verb,
        ...stacks,
        "--output",
        this.outputDirectory,
        ...locked,
        ...options,
      ],
      { cwd: this.core.directory, env: this.environment(stacks), signal },
    );
  }

  private async logged(
    name: string,
    program: string,
    args: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; signal?: AbortSignal },
  ): Promise<CommandResult> {
    const number = `${++this.commands}`.padStart(2, "0");
    const result = await run(program, args, { ...options, timeoutSeconds: 420 });
    writeFileSync(join(this.directory, "log", `${number}-${name}.log`), result.stdout + result.stderr);
    return result;
  }

  /** A cluster's stack gets no credential of Vault's; Vault's stacks none of a cluster's. */
  private environment(stacks: readonly string[]): NodeJS.ProcessEnv {
    const shared = {
      PATH: this.core.path,
      HOME: process.env.HOME,
      MESH_FILE: this.meshFile,
      TERRAFORM_BINARY_NAME: this.rig.terraform.path,
      ...this.rig.terraform.env,
      ...withoutPluginCache(),
      CHECKPOINT_DISABLE: "1",
      CDKTF_LOG_FILE_DIRECTORY: join(this.directory, "log"),
      CI: "1",
      NO_COLOR: "1",
    };
    if (!stacks.some(isOfVault) && !stacks.includes(ALL_STACKS)) return shared;
    const { address, rootToken, caFile } = this.rig.vault;
    return {
      ...shared,
      VAULT_ADDR: address,
      VAULT_TOKEN: rootToken,
      VAULT_CACERT: caFile,
      ...this.variables,
    };
  }
}

function succeeded(result: CommandResult): void {
  if (result.code === 0) return;
  throw new Error(`ended with ${result.code}:\n${errorText(result)}`);
}

/** What a command said of its error: from the first line that names one, or else its last words. */
function errorText(result: CommandResult): string {
  const lines = `${result.stdout}\n${result.stderr}`.trim().split("\n");
  const first = lines.findIndex((line) => line.includes("Error: "));
  return (first === -1 ? lines.slice(-25) : lines.slice(first, first + 40)).join("\n");
}
