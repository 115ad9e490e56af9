import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { CommandError } from "../command-line/command-error";
import { readStacks, type SynthesizedStack } from "./synthesized";

/** A commit's mesh, and what its own program makes of it. */
export interface Checkout {
  readonly mesh: Mesh | undefined;
  readonly stacks: ReadonlyMap<string, SynthesizedStack>;
}

/** A commit before there was a mesh. */
const NOTHING: Checkout = { mesh: undefined, stacks: new Map() };

/** All a program may know of the one who runs it: a synth needs no credential, so it is given none. */
const ENVIRONMENT = ["PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT"];

/**
 * Reads a checkout's mesh.yaml, and synthesizes its stacks with its own program.
 *
 * @param commit how the checkout is called in messages
 * @param meshFile mesh.yaml within the directory
 * @throws MeshFileError with everything that is wrong with mesh.yaml
 */
export async function synthesize(directory: string, meshFile: string, commit: string): Promise<Checkout> {
  if (!existsSync(join(directory, meshFile))) return NOTHING;
  const mesh = loadMesh(join(directory, meshFile));
  const outdir = mkdtempSync(join(tmpdir(), "istio-vault-stacks-"));
  try {
    await runProgram(directory, meshFile, outdir, commit);
    return { mesh, stacks: readStacks(outdir, realpathSync(directory)) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function runProgram(directory: string, meshFile: string, outdir: string, commit: string): Promise<void> {
  const env: NodeJS.ProcessEnv = { MESH_FILE: meshFile, CDKTF_OUTDIR: outdir };
  for (const name of ENVIRONMENT) if (process.env[name] !== undefined) env[name] = process.env[name];
  const command = app(directory, commit);
  return new Promise((resolve, reject) => {
    const child = spawn(command, { cwd: directory, env, shell: true, stdio: "ignore" });
    // What it printed may hold anything, so it is not repeated.
    const failed = new CommandError(
      `the program of ${commit} failed: run "${command}" in that commit to see why`,
    );
    child.on("error", () => reject(failed));
    child.on("close", (code) => (code === 0 ? resolve() : reject(failed)));
  });
}

/** The program that cdktf would run. */
function app(directory: string, commit: string): string {
  try {
    const { app } = JSON.parse(readFileSync(join(directory, "cdktf.json"), "utf8"));
    if (typeof app === "string") return app;
  } catch {
    // Said below: unreadable is as good as absent.
  }
  throw new CommandError(`${commit} has no cdktf.json with an "app" beside its mesh.yaml: nothing to run`);
}
