import { Testing } from "cdktf";
import { composeMesh } from "../../stacks/compose-mesh";
import { summary } from "../../stacks/summary";
import { clusterLike, meshWith } from "../support/mesh-file";

const summaryOf = (clusters: number) => {
  const mesh = meshWith((mesh) => {
    const [template] = mesh.clusters;
    for (let index = 3; index <= clusters; index++) {
      mesh.clusters.push(clusterLike(template, `cluster${index}`));
    }
    mesh.clusters[1].createNamespaces = false;
  });
  return summary(mesh, composeMesh(Testing.app(), mesh), "cdktf.out", 100, new Date("2026-11-28")).split(
    "\n",
  );
};

test("has a row for each stack of a dozen clusters", () => {
  const lines = summaryOf(12);
  expect(lines.filter((line) => /^(vault-)?cluster\d+ +\d/.test(line))).toHaveLength(24);
});

test("has a row for all stacks that are alike, of a fleet", () => {
  const lines = summaryOf(30);
  expect(lines.slice(2, lines.indexOf("", 2))).toEqual([
    "stack                                       resources  what it owns",
    "vault-shared                                        2  root a",
    "vault-cluster1, vault-cluster2 and 28 more         12  secrets, intermediate, policies, auth, role",
    "cluster1, cluster3 and 27 more                      5  namespaces, injector, istio-base, istiod 1.31.1",
    "cluster2                                            3  injector, istio-base, istiod 1.31.1",
  ]);
});
