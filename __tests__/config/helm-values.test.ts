import { join } from "node:path";
import { readMesh } from "../../config/load-mesh";
import { replacedValues } from "../../config/replaced-values";
import { type MeshChange, type MeshData, meshDirectory, meshWith } from "../support/mesh-file";

const MESH = {
  profile: "default",
  nodeSelector: { pool: "mesh", zone: "a" },
  tolerations: [{ key: "mesh" }],
  pilot: { env: { A: "1" } },
};

const istioOf = (values: object) => {
  const [{ istio }] = meshWith((mesh) => {
    mesh.istio.values = MESH;
    mesh.clusters[0].istio = { values };
  }).clusters;
  return istio.revisions[0]!.values;
};

test("a cluster's values are merged over the mesh's: maps key by key, lists whole, null as it is for Helm", () => {
  expect(
    istioOf({
      profile: "ambient",
      nodeSelector: { zone: "b", disk: "ssd" },
      tolerations: [],
      pilot: { env: null },
    }),
  ).toEqual({
    profile: "ambient",
    nodeSelector: { pool: "mesh", zone: "b", disk: "ssd" },
    tolerations: [],
    pilot: { env: null },
  });
});

test("what one of several layers removes begins again above it", () => {
  const [{ istio }] = meshWith((mesh) => {
    mesh.istio.values = MESH;
    mesh.groups = { bare: { istio: { values: { nodeSelector: null } } } };
    mesh.clusters[0].groups = ["bare"];
    mesh.clusters[0].istio = { values: { nodeSelector: { zone: "b" } } };
  }).clusters;
  expect(istio.revisions[0]!.values.nodeSelector).toEqual({ zone: "b" });
});

test("so are an injector's and a gateway's, and a revision's over both", () => {
  const [{ injector, gateways, istio }] = meshWith((mesh) => {
    mesh.injector = { values: MESH };
    mesh.gateways = { edge: { certificate: { source: "vault-kv" }, values: MESH } };
    mesh.istio.values = MESH;
    mesh.istio.revisions = { default: { values: { profile: "revision" } } };
    mesh.clusters[0].injector = { values: { nodeSelector: { zone: "b" } } };
    mesh.clusters[0].gateways = { edge: { values: { nodeSelector: { zone: "b" } } } };
    mesh.clusters[0].istio = { values: { profile: "cluster", nodeSelector: { zone: "b" } } };
  }).clusters;
  const merged = { ...MESH, nodeSelector: { pool: "mesh", zone: "b" } };
  expect(injector.values).toEqual(merged);
  expect(gateways[0]!.values).toEqual(merged);
  expect(istio.revisions[0]!.values).toEqual({ ...merged, profile: "revision" });
});

const replacedBy = (change: MeshChange) => replacedValues(readMesh(join(meshDirectory(change), "mesh.yaml")));

describe("what is replaced is said", () => {
  test("by its place in the mesh, with the clusters, and never its value", () => {
    const change = (mesh: MeshData) => {
      mesh.istio.values = MESH;
      mesh.gateways = { edge: { certificate: { source: "vault-kv" }, values: { kind: "DaemonSet" } } };
      for (const cluster of mesh.clusters) {
        cluster.istio = { values: { profile: "secret", nodeSelector: { zone: "b", disk: "ssd" } } };
      }
      mesh.clusters[0].istio.values.pilot = null;
      mesh.clusters[0].gateways = { edge: { values: { kind: "Deployment" } } };
    };
    expect(replacedBy(change)).toBe(
      "Helm values replaced: istio.values.profile (cluster1, cluster2), istio.values.nodeSelector.zone (cluster1, cluster2), istio.values.pilot (cluster1), gateways.edge.values.kind (cluster1)",
    );
  });

  test("of a group's too, where a map takes the place of something else", () => {
    const change = (mesh: MeshData) => {
      mesh.groups = { eu: { injector: { values: { affinity: "none" } } } };
      mesh.clusters[1].groups = ["eu"];
      mesh.clusters[1].injector = { values: { affinity: { x: 1 } } };
    };
    expect(replacedBy(change)).toBe("Helm values replaced: groups.eu.injector.values.affinity (cluster2)");
  });

  test("of every layer that does not reach the cluster, and of a cluster's that a mesh-wide revision replaces", () => {
    const change = (mesh: MeshData) => {
      mesh.istio.values = { pilot: { a: 1 }, cpu: 1, same: 1 };
      mesh.groups = { bare: { istio: { values: { pilot: null, cpu: 2, same: 2 } } } };
      mesh.istio.revisions = { default: {}, canary: { values: { note: "revision" } } };
      mesh.clusters[0].groups = ["bare"];
      mesh.clusters[0].istio = { values: { pilot: { b: 1 }, cpu: 3, same: 1, note: "cluster" } };
    };
    expect(replacedBy(change)).toBe(
      "Helm values replaced: groups.bare.istio.values.pilot (cluster1), istio.values.pilot (cluster1), groups.bare.istio.values.cpu (cluster1), istio.values.cpu (cluster1), groups.bare.istio.values.same (cluster1), clusters[0].istio.values.note (cluster1)",
    );
  });

  test("beside a revision that has values of its own", () => {
    const change = (mesh: MeshData) => {
      mesh.istio.values = MESH;
      mesh.istio.revisions = { default: { values: { own: 1 } } };
      mesh.clusters[0].istio = { values: { profile: "other" } };
    };
    expect(replacedBy(change)).toBe("Helm values replaced: istio.values.profile (cluster1)");
  });

  test("not where nothing is: what is added, what is the same, and a revision beside the section", () => {
    const change = (mesh: MeshData) => {
      mesh.istio.values = MESH;
      mesh.istio.revisions = { default: { values: { profile: "other" } } };
      mesh.clusters[0].istio = { values: { tolerations: MESH.tolerations, own: 1 } };
    };
    expect(replacedBy(change)).toBeUndefined();
  });
});
