import { type MeshData, meshWith, problemsOf } from "../support/mesh-file";

const withGroups = (mesh: MeshData) => {
  mesh.istio.values = { profile: "mesh", resources: { cpu: 1, memory: 1 } };
  mesh.groups = {
    eu: {
      istio: { imageHub: "eu.example.com/istio", values: { profile: "eu", nodeSelector: { zone: "eu" } } },
      agent: { renderInterval: "1m" },
    },
    prod: { istio: { replicas: 3, values: { profile: "prod" } }, helmTimeout: "10m" },
  };
  mesh.clusters[0].groups = ["eu", "prod"];
  mesh.clusters[0].istio = { values: { resources: { cpu: 2 } } };
};

test("a cluster has what the mesh says, then its groups in their order, then itself", () => {
  const [one, other] = meshWith(withGroups).clusters;
  expect(one.istio.revisions[0]).toMatchObject({
    imageHub: "eu.example.com/istio",
    replicas: 3,
    values: { profile: "prod", nodeSelector: { zone: "eu" }, resources: { cpu: 2, memory: 1 } },
  });
  expect(`${one.agent.renderInterval} ${one.helmTimeout}`).toBe("1m 10m");
  expect(one).not.toHaveProperty("groups");
  expect(other.istio.revisions[0]).toMatchObject({
    replicas: 2,
    values: { profile: "mesh", resources: { cpu: 1, memory: 1 } },
  });
});

test("what is wrong in a group is said where it is written, whoever belongs to it", () => {
  const change = (mesh: MeshData) => {
    withGroups(mesh);
    mesh.groups.prod.istio.replicas = 0;
    mesh.groups.eu.istio.imageHb = "x";
    mesh.groups.eu.vaultAuth = { method: "kubernetes", audience: "vault" };
  };
  expect(problemsOf(change)).toEqual([
    'groups.eu.istio.imageHb: unknown key; did you mean "imageHub"? (IV0103)',
    'groups.prod.istio.replicas: "replicas" is 0; write a whole number of at least 1 (IV0403)',
    "groups.eu.vaultAuth.audience: audience \"vault\" cannot work while the pod's own token reviews itself: the API server rejects a token issued for another audience; remove the audience, set a reviewer's token, or use the JWT method (IV0301)",
  ]);
});

test("a group that does not exist is refused", () => {
  const change = (mesh: MeshData) => {
    withGroups(mesh);
    mesh.clusters[1].groups = ["eu", "prd"];
  };
  expect(problemsOf(change)).toEqual([
    'clusters[1].groups[1]: group "prd" is not declared under groups (eu, prod); add it there, or use one of these (IV0127)',
  ]);
  expect(problemsOf((mesh) => (mesh.clusters[0].groups = ["eu"]))).toEqual([
    'clusters[0].groups[0]: group "eu" is not declared under groups (there are none); add it there, or use one of these (IV0127)',
  ]);
});

test("a group that stands twice is refused: its place says what overrides what", () => {
  const change = (mesh: MeshData) => {
    withGroups(mesh);
    mesh.clusters[0].groups = ["eu", "prod", "eu"];
  };
  expect(problemsOf(change)).toEqual([
    'clusters[0].groups[2]: "eu" is used twice (first: groups[0]); names must be unique (IV0108)',
  ]);
});
