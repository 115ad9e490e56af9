import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import { loadMesh } from "../config/load-mesh";
import { composeMesh } from "../stacks/compose-mesh";

/** The one test that reads what the owner of this program writes; MESH_FILE names another file, as for `npm start`. */
const MESH_FILE = process.env.MESH_FILE ?? "mesh.yaml";

const outdir = mkdtempSync(join(tmpdir(), "mesh-yaml-"));
afterAll(() => rmSync(outdir, { recursive: true }));

test(`${MESH_FILE} breaks no rule, and synthesizes: one stack for Vault and one for each cluster`, () => {
  const mesh = loadMesh(resolve(__dirname, "..", MESH_FILE));
  const app = new App({ outdir });
  const stacks = composeMesh(app, mesh);
  app.synth();
  expect(stacks.clusters.map(({ node }) => node.id)).toEqual(mesh.clusters.map(({ name }) => name));
});
