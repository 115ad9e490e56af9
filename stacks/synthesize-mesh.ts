import { App } from "cdktf";
import { loadMesh } from "../config/load-mesh";
import { MeshFileError } from "../config/mesh-file-error";
import { ValidationError } from "../lib";
import { composeMesh } from "./compose-mesh";
import { summary } from "./summary";

/** Exit code for a mistake in mesh.yaml, as sysexits has it. */
const USAGE = 64;

/**
 * The whole of a program: reads a mesh.yaml, synthesizes its stacks and prints what they are. For a
 * mistake in the file it prints what to write instead, and sets the process's exit code to 64.
 *
 * For additional stacks beside these, use {@link loadMesh} and {@link composeMesh}.
 *
 * @param file path of the mesh.yaml
 */
export function synthesizeMesh(file: string): void {
  try {
    const started = performance.now();
    const mesh = loadMesh(file);
    const app = new App();
    const stacks = withoutTokenTraces(() => {
      const composed = composeMesh(app, mesh);
      app.synth();
      return composed;
    });
    console.log(summary(mesh, stacks, app.outdir, performance.now() - started, new Date()));
  } catch (error) {
    // A user's mistake needs only the message; any other error is a bug, and keeps its trace.
    if (!(error instanceof MeshFileError || error instanceof ValidationError)) throw error;
    console.error(error.message);
    process.exitCode = USAGE;
  }
}

/**
 * cdktf formats a stack trace for every token it makes, which takes a third of a large synth. Errors
 * keep theirs: a trace is formatted when it is first read, and by then this is over.
 */
function withoutTokenTraces<T>(work: () => T): T {
  const format = Error.prepareStackTrace;
  Error.prepareStackTrace = () => undefined;
  try {
    return work();
  } finally {
    Error.prepareStackTrace = format;
  }
}
