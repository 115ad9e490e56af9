import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { loadMesh } from "../../config/load-mesh";
import { MeshFileError } from "../../config/mesh-file-error";
import { type MeshChange, type MeshData, meshDirectory } from "../support/mesh-file";

/** What a mesh of so many clusters is, from sound to wrong in every one. */
const meshes: Record<string, (clusters: number) => MeshChange> = {
  "a sound mesh": (clusters) => (mesh) => (mesh.clusters = fleet(mesh, clusters)),
  "mistakes in every cluster": (clusters) => (mesh) => {
    mesh.clusters = fleet(mesh, clusters, (index) => ({
      name: `Cluster_${index % 10}`,
      netwrok: "x",
      kubernetesHost: "k8s",
      trust: { signing: "z" },
    }));
  },
  "a root for each cluster, which no other trusts": (clusters) => (mesh) => {
    mesh.roots = Array.from({ length: clusters }, (_, index) => ({ name: `r${index}`, source: "vault-pki" }));
    mesh.trust = { signing: "r0", bundle: ["r0"] };
    mesh.clusters = fleet(mesh, clusters, (index) => ({
      trust: { signing: `r${index}`, bundle: [`r${index}`] },
    }));
  },
  "a root for each cluster, which is unknown": (clusters) => (mesh) => {
    mesh.roots = Array.from({ length: clusters }, (_, index) => ({ name: `r${index}`, source: "vault-pki" }));
    mesh.trust = { signing: "r0", bundle: ["r0"] };
    mesh.clusters = fleet(mesh, clusters, () => ({ trust: { signing: "z", bundle: ["z"] } }));
  },
  "one bundle of that many roots": (clusters) => (mesh) => {
    const names = Array.from({ length: clusters * 4 }, (_, index) => `r${index}`);
    mesh.roots = names.map((name) => ({ name, source: "vault-pki" }));
    mesh.trust = { signing: "r0", bundle: [...names, "r0"] };
  },
};

function fleet({ clusters: [first] }: MeshData, count: number, own: (index: number) => object = () => ({})) {
  return Array.from({ length: count }, (_, index) => ({ ...first, name: `cluster${index}`, ...own(index) }));
}

/** Processor time of the fastest of three, in milliseconds; the machine may be busy. */
function cost(file: string): number {
  const once = () => {
    const before = process.cpuUsage();
    try {
      loadMesh(file);
    } catch (error) {
      if (!(error instanceof MeshFileError)) throw error;
    }
    return process.cpuUsage(before).user / 1000;
  };
  return Math.min(once(), once(), once());
}

test.each(Object.entries(meshes))("%s is checked in time that grows with its clusters alone", (_, change) => {
  const [one, four] = [150, 600].map((clusters) => join(meshDirectory(change(clusters)), "mesh.yaml"));
  const ratio = () => {
    const small = cost(one);
    return cost(four) / small;
  };
  // With each cluster compared to each it would be sixteen; a collection of garbage may fall into the first.
  const first = ratio();
  expect(first < 6 ? first : ratio()).toBeLessThan(6);
});

test("of 1,000 clusters with mistakes, the first hundred are told and the others counted", () => {
  const directory = meshDirectory();
  const mesh: MeshData = { version: 1, clusters: Array.from({ length: 1000 }, () => ({ nam: "x" })) };
  writeFileSync(join(directory, "mesh.yaml"), stringify(mesh));
  const lines = messageOf(join(directory, "mesh.yaml")).split("\n");
  expect(lines).toHaveLength(2 + 100 + 1 + 3);
  expect(lines.find((line) => line.startsWith("  and "))).toMatch(/^ {2}and \d+ more$/);
});

function messageOf(file: string): string {
  try {
    loadMesh(file);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
