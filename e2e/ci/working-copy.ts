import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parse, stringify } from "yaml";
import { type CommandResult, output, run } from "../command";
import { PROGRAM } from "../core";
import { type MeshSettings, writeMeshFile } from "../mesh-file";
import { LOCAL_MIRROR, withoutPluginCache } from "../plugin-cache";
import type { Rig } from "../rig";
import { providerSettings, SAMPLES } from "./samples";

const PROJECT = resolve(__dirname, "..", "..");

/** The repository a pipeline runs in: this program, a mesh.yaml of the rig's, and the samples' `ci/`. */
export class WorkingCopy {
  public readonly directory: string;

  constructor(private readonly rig: Rig) {
    this.directory = join(rig.directory, "repository");
    mkdirSync(this.directory, { mode: 0o700 });
    for (const file of PROGRAM) cpSync(join(PROJECT, file), join(this.directory, file), { recursive: true });
    cpSync(SAMPLES, join(this.directory, "examples", "ci"), { recursive: true });
    const shared = readdirSync(SAMPLES, { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { name } of shared) cpSync(join(SAMPLES, name), join(this.directory, "ci", name));
    cpSync(join(SAMPLES, "gitlab", "ci"), join(this.directory, "ci"), { recursive: true });
    symlinkSync(join(PROJECT, "node_modules"), join(this.directory, "node_modules"));
    writeFileSync(
      join(this.directory, ".gitignore"),
      "node_modules\ncdktf.out\n*.tfstate*\nreview.md\nstacks.json\ngate.env\ndeploy.yml\nremoved\n",
    );
    this.writeTools();
  }

  public configure(settings: MeshSettings): void {
    writeMeshFile(this.meshFile, this.rig, settings);
  }

  // The checks know the file's form.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  public changeMesh(change: (mesh: any) => void): void {
    const mesh = parse(readFileSync(this.meshFile, "utf8"));
    change(mesh);
    writeFileSync(this.meshFile, stringify(mesh));
  }

  public async git(...args: string[]): Promise<string> {
    const author = ["-c", "user.name=e2e", "-c", "user.email=e2e@example.com"];
    return (await output("git", [...author, ...args], { cwd: this.directory })).trim();
  }

  public async commit(message: string): Promise<string> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", message);
    return this.git("rev-parse", "HEAD");
  }

  /** Makes the repository, and the one that it is pushed to. */
  public async publish(): Promise<void> {
    const origin = join(this.rig.directory, "origin.git");
    await this.git("init", "--quiet", "--initial-branch=main");
    await this.git("init", "--quiet", "--bare", "--initial-branch=main", origin);
    await this.git("remote", "add", "origin", origin);
    await this.push("The mesh");
  }

  /** Commits what is there, as main, and gives the commit. */
  public async push(message: string): Promise<string> {
    const commit = await this.commit(message);
    await this.git("push", "--quiet", "--force", "origin", "HEAD:main");
    return commit;
  }

  /** Runs a step's script as the CI system does, with what its job is given and nothing else. */
  public async run(script: string, env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const result = await run("bash", ["-e", "-c", script], {
      cwd: this.directory,
      timeoutSeconds: 420,
      env: {
        PATH: [this.tools, ...this.programs, process.env.PATH].join(":"),
        HOME: process.env.HOME,
        RUNNER_TEMP: this.tools,
        ...withoutPluginCache(),
        CHECKPOINT_DISABLE: "1",
        CI: "true",
        NO_COLOR: "1",
        VAULT_ADDR: this.rig.vault.address,
        VAULT_CACERT: this.rig.vault.caFile,
        TF_CLI_CONFIG_FILE: join(this.tools, "terraform.rc"),
        ...env,
      },
    });
    const plain = stripVTControlCharacters;
    return { ...result, stdout: plain(result.stdout), stderr: plain(result.stderr) };
  }

  /** What a script prints; it must end with 0. */
  public async output(script: string, env?: NodeJS.ProcessEnv): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, env);
    if (code === 0) return stdout;
    throw new Error(
      `ended with ${code}:\n${`${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n")}`,
    );
  }

  /** Removes what an earlier job left, and gives a file for what this one hands on. */
  public handOnFile(): string {
    const file = join(this.tools, "outputs");
    rmSync(file, { force: true });
    return file;
  }

  private get meshFile(): string {
    return join(this.directory, "mesh.yaml");
  }

  private get tools(): string {
    return join(this.rig.directory, "ci-tools");
  }

  private get programs(): string[] {
    return (["vault", "terraform"] as const).map((name) => dirname(this.rig.programs.path(name)));
  }

  /**
   * Without a way to Terraform's registry, cdktf must not ask it for checksums, and the providers come
   * from the local mirror: as few of them as the sample allows.
   */
  private writeTools(): void {
    mkdirSync(this.tools, { mode: 0o700 });
    const cdktf = join(PROJECT, "node_modules", ".bin", "cdktf");
    const npx = `#!/bin/sh\n[ "$1" = cdktf ] && shift && exec "${cdktf}" "$@" --skip-provider-lock\n`;
    writeFileSync(join(this.tools, "npx"), npx, { mode: 0o755 });
    const local = providerSettings.replace("direct {", `filesystem_mirror {\n    path = "${LOCAL_MIRROR}"`);
    writeFileSync(join(this.tools, "terraform.rc"), existsSync(LOCAL_MIRROR) ? local : providerSettings);
  }
}
