import { rmSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { readMesh } from "../config/load-mesh";
import { MeshFileError } from "../config/mesh-file-error";
import { replacedValues } from "../config/replaced-values";
import { ValidationError } from "../lib";
import { ignoreClosedPipes } from "../lib/private/closed-pipes";
import { reason } from "../lib/private/text";
import { composeMesh, type MeshStacks } from "./compose-mesh";
import { summary } from "./summary";
import { leaveOutUnset } from "./unset-arguments";

/** Exit code for a mistake in mesh.yaml, as sysexits has it. */
const USAGE = 64;

/**
 * The whole of a program: reads a mesh.yaml, synthesizes its stacks and prints what they are. For a
 * mistake in the file it prints what to write instead, and sets the process's exit code to 64; where the output
 * cannot be written it says so, leaves no stack of it, and sets 1.
 *
 * For additional stacks beside these, use `loadMesh` and {@link composeMesh}.
 *
 * @param file path of the mesh.yaml
 */
export function synthesizeMesh(file: string): void {
  ignoreClosedPipes();
  try {
    const started = performance.now();
    const read = readMesh(file);
    const { mesh } = read;
    const app = new App();
    const stacks = withoutTokenTraces(() => {
      const composed = composeMesh(app, mesh);
      write(app, composed);
      return composed;
    });
    const replaced = replacedValues(read);
    if (replaced !== undefined) console.error(replaced);
    console.log(summary(mesh, stacks, app.outdir, performance.now() - started, new Date()));
  } catch (error) {
    // A user's mistake needs only the message; any other error is a bug, and keeps its trace.
    if (error instanceof MeshFileError || error instanceof ValidationError) process.exitCode = USAGE;
    else if (error instanceof OutputError) process.exitCode = 1;
    else throw error;
    console.error(error.message);
  }
}

class OutputError extends Error {}

/**
 * What `app.synth()` does, without its first pass: that resolves all once more, to find references between stacks,
 * of which a mesh has none.
 *
 * @throws OutputError where the disk is full, above all; then Terraform finds no stack that is half-written
 */
function write({ outdir, manifest }: App, { vault, clusters }: MeshStacks): void {
  const stacks = [...vault, ...clusters];
  try {
    for (const stack of stacks) {
      leaveOutUnset(stack);
      stack.synthesizer.synthesize({ outdir, manifest });
    }
    manifest.writeToFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    for (const { node } of stacks) {
      rmSync(join(outdir, "stacks", node.id, "cdk.tf.json"), { force: true });
    }
    throw new OutputError(
      `${outdir} cannot be written: ${reason(error)}; the stacks in it are removed, synthesize again`,
    );
  }
}

/** cdktf captures a stack trace for every token it makes, which takes a third of a large synth; errors keep theirs. */
function withoutTokenTraces<T>(work: () => T): T {
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = () => {};
  try {
    return work();
  } finally {
    Error.captureStackTrace = capture;
  }
}
