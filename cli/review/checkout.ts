import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { loadMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { CommandError } from "../command-line/command-error";
import { readOutput, type SynthesizedOutput } from "./read-output";
import { mapping } from "./synthesized";

/** A commit's mesh, and what its own program makes of it. */
export interface Checkout extends SynthesizedOutput {
  readonly mesh: Mesh | undefined;
  /** What cdktf.json says: which program cdktf runs, and where it looks for what that makes. */
  readonly project: Readonly<Record<string, unknown>>;
}

/** A commit before there was a mesh. */
const NOTHING: Checkout = { mesh: undefined, project: {}, stacks: new Map(), faults: [] };

/** All a program may know of the one who runs it: a synth needs no credential, so it is given none. */
const ENVIRONMENT = ["PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT"];

/**
 * Reads a checkout's mesh.yaml, and synthesizes its stacks with its own program.
 *
 * @param commit how the checkout is called in messages
 * @param meshFile mesh.yaml within the directory
 * @param top the directory that holds all that is committed
 * @throws MeshFileError with everything that is wrong with mesh.yaml
 */
export async function synthesize(
  directory: string,
  meshFile: string,
  commit: string,
  top: string,
): Promise<Checkout> {
  if (!existsSync(join(directory, meshFile))) return NOTHING;
  const mesh = loadMesh(join(directory, meshFile));
  const outdir = mkdtempSync(join(tmpdir(), "istio-vault-stacks-"));
  try {
    const project = readProject(directory, commit);
    await runProgram(directory, `${project.app}`, meshFile, outdir, commit);
    const output = readOutput(outdir, realpathSync(directory), commit);
    const faults = [...output.faults, ...linkFaults(join(directory, meshFile), top)];
    return { mesh, project, stacks: output.stacks, faults };
  } finally {
    // The program may have taken it away.
    rmSync(outdir, { recursive: true, force: true });
  }
}

function runProgram(
  directory: string,
  command: string,
  meshFile: string,
  outdir: string,
  commit: string,
): Promise<void> {
  const env: NodeJS.ProcessEnv = { MESH_FILE: meshFile, CDKTF_OUTDIR: outdir };
  for (const name of ENVIRONMENT) if (process.env[name] !== undefined) env[name] = process.env[name];
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

/** What is read here must be what is committed: another machine could have something else at the end of a link. */
function linkFaults(meshFile: string, top: string): string[] {
  const within = relative(realpathSync(top), realpathSync(meshFile));
  const isCommitted =
    !within.startsWith("..") && !isAbsolute(within) && !/(^|\/)(node_modules|\.git)\//.test(within);
  return isCommitted ? [] : ["mesh.yaml is a link to a file that is not in the repository"];
}

/** The project as cdktf would read it. */
function readProject(directory: string, commit: string): Readonly<Record<string, unknown>> {
  let project: Readonly<Record<string, unknown>> = {};
  try {
    project = mapping(JSON.parse(readFileSync(join(directory, "cdktf.json"), "utf8")));
  } catch {
    // Said below: unreadable is as good as absent.
  }
  if (typeof project.app === "string") return project;
  throw new CommandError(`${commit} has no cdktf.json with an "app" beside its mesh.yaml: nothing to run`);
}
