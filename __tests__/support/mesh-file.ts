import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { loadMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { MeshFileError } from "../../config/mesh-file-error";
import { FIXTURES } from "./fixtures";

/** The tests' mesh.yaml as plain data, for a test to change. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type MeshData = any;

/** A change to it; files it then names go to `directory`. */
export type MeshChange = (mesh: MeshData, directory: string) => void;

/** A directory with the tests' mesh.yaml, changed, and the files it names. Removed when the tests end. */
export function meshDirectory(change: MeshChange = () => {}): string {
  const directory = mkdtempSync(join(tmpdir(), "mesh-"));
  directories.push(directory);
  const data = parse(readFileSync(join(FIXTURES, "mesh.yaml"), "utf8"));
  cpSync(join(FIXTURES, "clusters"), join(directory, "clusters"), { recursive: true });
  change(data, directory);
  writeFileSync(join(directory, "mesh.yaml"), stringify(data));
  return directory;
}

/** The model of the tests' mesh.yaml, changed. */
export function meshWith(change?: MeshChange): Mesh {
  return loadMesh(join(meshDirectory(change), "mesh.yaml"));
}

/** Everything wrong with the changed mesh.yaml: `path: message`. */
export function problemsOf(change: MeshChange): string[] {
  try {
    meshWith(change);
  } catch (error) {
    if (!(error instanceof MeshFileError)) throw error;
    return error.problems.map(({ path, finding }) => `${path}: ${finding.message} (${finding.rule})`);
  }
  return [];
}

/** Another cluster like one of the mesh, as none of the others is reached. */
export function clusterLike(template: MeshData, name: string): MeshData {
  return {
    ...template,
    name,
    kubernetesHost: `https://${name}.example.com:6443`,
    kubeconfig: { context: name },
  };
}

const directories: string[] = [];

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});
