import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "../e2e/command";
import { Programs } from "../e2e/programs";
import { VaultServer } from "../e2e/vault-server";
import { PROJECT, writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [1, 10, 100, 1000];
/** The cluster that changes. */
const STACK = "vault-cluster1";
/** Of this machine alone; a Vault on 127.0.0.1 is not in the way. */
const HOST = "127.82.0.1";
const CDKTF = join(PROJECT, "node_modules", ".bin", "cdktf");

/** RSA keys of 4,096 bits would take minutes of the processor to make, and are planned no differently. */
const keyAlgorithm = "ecdsa-p256";

/**
 * What a change of one cluster among many costs in Vault, on a real one: the deploy of all, and then a plan and an apply of the
 * one, by Terraform alone, by cdktf on what was synthesized before, and by cdktf with a synth. Time on the clock: much of it is
 * waiting.
 */
export async function benchPlan(directory: string): Promise<void> {
  const programs = Programs.find(process.env);
  const missing = (["vault", "terraform", "openssl"] as const).flatMap(
    (name) => programs.missing.get(name) ?? [],
  );
  if (missing.length > 0) {
    console.log(`plan times are skipped: ${missing.join("; ")}`);
    return;
  }
  const vault = await VaultServer.start({
    program: programs.path("vault"),
    directory: join(directory, "vault"),
    host: HOST,
  });
  const deployment = new VaultStacks(join(directory, "deployment"), vault, programs.path("terraform"));

  console.log(`One cluster of so many; keys ${keyAlgorithm}`);
  const print = printTable([
    "clusters",
    "first deploy",
    "for each cluster",
    "resources",
    "terraform plan",
    "apply",
    "cdktf diff --skip-synth",
    "cdktf diff",
  ]);
  for (const clusters of SIZES) {
    const added = deployment.clusters;
    const deployed = await best(1, () => deployment.deploy(clusters));
    const planned = await best(3, () =>
      deployment.terraform(STACK, "plan", "-input=false", "-detailed-exitcode"),
    );
    await deployment.change();
    print([
      `${clusters}`,
      inSeconds(deployed),
      inSeconds(deployed / (clusters - added)),
      `${deployment.resources()}`,
      inSeconds(planned),
      inSeconds(await best(1, () => deployment.terraform(STACK, ...APPLY))),
      inSeconds(await best(3, () => deployment.diff("--skip-synth"))),
      inSeconds(await best(3, () => deployment.diff())),
    ]);
  }
}

const APPLY = ["apply", "-input=false", "-auto-approve"];

/** How many stacks are deployed side by side: those that wait for Vault leave room for others. */
const AT_ONCE = 4;

/** Vault's stacks of a mesh that grows. */
class VaultStacks {
  /** How many are deployed. */
  public clusters = 0;
  private generation = 1;

  constructor(
    private readonly directory: string,
    private readonly vault: VaultServer,
    private readonly terraformBinary: string,
  ) {
    mkdirSync(directory);
  }

  /** The clusters that are not there yet, after what they share. */
  public async deploy(clusters: number): Promise<void> {
    await this.synthesize(clusters);
    const added = Array.from({ length: clusters - this.clusters }, (_, index) => {
      return `vault-cluster${this.clusters + index + 1}`;
    });
    this.clusters = clusters;
    await this.apply("vault-shared");
    const next = async () => {
      for (let stack = added.shift(); stack !== undefined; stack = added.shift()) await this.apply(stack);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /** Another intermediate for every cluster, of which one is applied. */
  public async change(): Promise<void> {
    this.generation += 1;
    await this.synthesize(this.clusters);
  }

  private async apply(stack: string): Promise<void> {
    await this.terraform(stack, "init", "-input=false");
    await this.terraform(stack, ...APPLY);
  }

  private async synthesize(clusters: number): Promise<void> {
    const { generation } = this;
    writeMesh(this.meshFile, clusters, {
      vault: { address: this.vault.address, caCertificateFile: this.vault.caFile },
      roots: [{ name: "a", source: "vault-pki", keyAlgorithm }],
      intermediates: { issuance: "terraform", acceptKeysInState: true, keyAlgorithm, generation },
    });
    await output(process.execPath, ["--import", "tsx", "main.ts"], { cwd: PROJECT, env: this.environment });
  }

  public resources(): number {
    const state = JSON.parse(readFileSync(join(this.directory, `terraform.${STACK}.tfstate`), "utf8"));
    return state.resources.length;
  }

  /** Fails where a plan with -detailed-exitcode finds a change. */
  public async terraform(stack: string, ...args: string[]): Promise<void> {
    const cwd = join(this.outdir, "stacks", stack);
    await output(this.terraformBinary, args, { cwd, env: this.environment, timeoutSeconds: 900 });
  }

  public async diff(...options: string[]): Promise<void> {
    const args = ["diff", STACK, "--output", this.outdir, "--skip-provider-lock", ...options];
    await output(CDKTF, args, { cwd: PROJECT, env: this.environment, timeoutSeconds: 900 });
  }

  private get meshFile(): string {
    return join(this.directory, "mesh.yaml");
  }

  private get outdir(): string {
    return join(this.directory, "cdktf.out");
  }

  private get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MESH_FILE: this.meshFile,
      CDKTF_OUTDIR: this.outdir,
      CDKTF_LOG_FILE_DIRECTORY: this.directory,
      TERRAFORM_BINARY_NAME: this.terraformBinary,
      CHECKPOINT_DISABLE: "1",
      CI: "1",
      NO_COLOR: "1",
      VAULT_ADDR: this.vault.address,
      VAULT_TOKEN: this.vault.rootToken,
      VAULT_CACERT: this.vault.caFile,
    };
  }
}

/** Seconds on the clock of the fastest run. */
async function best(times: number, run: () => Promise<void>): Promise<number> {
  let fastest = Infinity;
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    await run();
    fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  return fastest;
}
