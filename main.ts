import { App } from "cdktf";
import { loadMesh } from "./config/load-mesh";
import { MeshFileError } from "./config/mesh-file-error";
import { ValidationError } from "./lib";
import { composeMesh } from "./stacks/compose-mesh";
import { summary } from "./stacks/summary";

/** Exit code for a mistake in mesh.yaml, as sysexits has it. */
const USAGE = 64;

try {
  const started = performance.now();
  const mesh = loadMesh(process.env.MESH_FILE ?? "mesh.yaml");
  const app = new App();
  const stacks = composeMesh(app, mesh);
  app.synth();
  console.log(summary(mesh, stacks, app.outdir, performance.now() - started));
} catch (error) {
  // Whoever wrote mesh.yaml needs the message alone; anything else is ours, and keeps its trace.
  if (!(error instanceof MeshFileError || error instanceof ValidationError)) throw error;
  console.error(error.message);
  process.exitCode = USAGE;
}
