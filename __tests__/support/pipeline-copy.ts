import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Pipeline, programFiles } from "../../cli/init/program-files";

export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A repository with the pipelines of one CI system, as `init` writes them, and its remote. */
export class PipelineCopy {
  public readonly directory: string;
  private readonly root = mkdtempSync(join(tmpdir(), "istio-vault-pipeline-"));

  constructor(system: Pipeline) {
    this.directory = join(this.root, "repository");
    for (const [file, text] of programFiles(this.directory, system)) this.write(file, text);
    this.write("bin/.keep", "");
  }

  public write(file: string, text: string): void {
    const path = join(this.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith("#!")) chmodSync(path, 0o755);
  }

  /** A program that stands in for one in PATH. */
  public program(name: string, text: string): void {
    this.write(join("bin", name), `#!/bin/sh\n${text}\n`);
  }

  /** What synth would write: stacks by name, each with what it depends on. */
  public synthesize(stacks: Readonly<Record<string, readonly string[]>>, setting = "as it was"): void {
    rmSync(join(this.directory, "cdktf.out"), { recursive: true, force: true });
    const entries = Object.entries(stacks).map(([name, dependencies]) => [name, { name, dependencies }]);
    this.write("cdktf.out/manifest.json", JSON.stringify({ stacks: Object.fromEntries(entries) }));
    for (const name of Object.keys(stacks)) this.change(name, setting);
  }

  public change(stack: string, setting: string): void {
    this.write(`cdktf.out/stacks/${stack}/cdk.tf.json`, JSON.stringify({ stack, setting }));
  }

  public run(command: string, env: NodeJS.ProcessEnv = {}): Promise<ScriptResult> {
    const PATH = [join(this.directory, "bin"), process.env.PATH].join(delimiter);
    const options = { cwd: this.directory, env: { PATH, HOME: this.root, ...env } };
    return new Promise((done) => {
      execFile("bash", ["-e", "-c", command], options, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  }

  /** What a command prints; it must succeed. */
  public async output(command: string, env?: NodeJS.ProcessEnv): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, env);
    if (code === 0) return stdout;
    throw new Error(`"${command}" exited with ${code}: ${stderr}`);
  }

  /** Makes the repository and its remote. */
  public async publish(): Promise<void> {
    this.write(".gitignore", "cdktf.out\nstacks.json\ngate.env\n");
    await this.output(
      "git init --quiet --initial-branch=main && git init --quiet --bare --initial-branch=main ../origin && git remote add origin ../origin",
    );
    await this.push("The mesh");
  }

  /** A commit on main, and its id. */
  public async push(subject: string): Promise<string> {
    const commit = `git -c user.name=test -c user.email=test@example.com commit --quiet --allow-empty -m '${subject}'`;
    await this.output(`git add --all && ${commit} && git push --quiet origin HEAD:main`);
    return (await this.output("git rev-parse HEAD")).trim();
  }

  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
