import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "../e2e/command";
import { Programs } from "../e2e/programs";
import { VaultServer } from "../e2e/vault-server";
import { PROJECT, writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [2, 20, 100];
const STACK = "vault-root";
/** Of this machine alone; a Vault on 127.0.0.1 is not in the way. */
const HOST = "127.82.0.1";
const CDKTF = join(PROJECT, "node_modules", ".bin", "cdktf");

/** RSA keys of 4,096 bits would take minutes of the processor to make, and are planned no differently. */
const keyAlgorithm = "ecdsa-p256";

/**
 * What it costs to see that nothing changes in `vault-root`, on a real Vault: by Terraform alone, by cdktf
 * on what was synthesized before, and by cdktf with a synth. Time on the clock: much of it is waiting.
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
  const deployment = new VaultRoot(join(directory, "deployment"), vault, programs.path("terraform"));

  console.log(`Plans of ${STACK} without changes; keys ${keyAlgorithm}`);
  const print = printTable([
    "clusters",
    "resources",
    "terraform plan",
    "cdktf diff --skip-synth",
    "cdktf diff",
  ]);
  for (const clusters of SIZES) {
    const repeats = clusters < 100 ? 3 : 1;
    await deployment.deploy(clusters);
    print([
      `${clusters}`,
      `${deployment.resources()}`,
      inSeconds(
        await best(repeats, () => deployment.terraform("plan", "-input=false", "-detailed-exitcode")),
      ),
      inSeconds(await best(repeats, () => deployment.diff("--skip-synth"))),
      inSeconds(await best(repeats, () => deployment.diff())),
    ]);
  }
}

/** The Vault stack of a mesh that grows. */
class VaultRoot {
  constructor(
    private readonly directory: string,
    private readonly vault: VaultServer,
    private readonly terraformBinary: string,
  ) {
    mkdirSync(directory);
  }

  public async deploy(clusters: number): Promise<void> {
    writeMesh(this.meshFile, clusters, {
      vault: { address: this.vault.address, caCertificateFile: this.vault.caFile },
      roots: [{ name: "a", source: "vault-pki", keyAlgorithm }],
      intermediates: { issuance: "terraform", acceptKeysInState: true, keyAlgorithm },
    });
    await output(process.execPath, ["--import", "tsx", "main.ts"], { cwd: PROJECT, env: this.environment });
    await this.terraform("init", "-input=false");
    await this.terraform("apply", "-input=false", "-auto-approve");
  }

  public resources(): number {
    const state = JSON.parse(readFileSync(join(this.directory, `terraform.${STACK}.tfstate`), "utf8"));
    return state.resources.length;
  }

  /** Fails where a plan with -detailed-exitcode finds a change. */
  public async terraform(...args: string[]): Promise<void> {
    const cwd = join(this.outdir, "stacks", STACK);
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

/** Seconds of the fastest run. */
async function best(times: number, run: () => Promise<void>): Promise<number> {
  let fastest = Infinity;
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    await run();
    fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  return fastest;
}
