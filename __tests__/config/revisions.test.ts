import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MeshChange, meshWith, problemsOf } from "../support/mesh-file";

/** Of 1.29.6 where the change says nothing else. */
const from =
  (change: MeshChange): MeshChange =>
  (mesh, directory) => {
    mesh.istio.version = "1.29.6";
    change(mesh, directory);
  };
const istio = (change: MeshChange = () => {}) =>
  meshWith(from(change)).clusters.map((cluster) => cluster.istio);

function unpacked(directory: string, name: string, charts = ["base", "istiod"]): string {
  for (const chart of charts) {
    mkdirSync(join(directory, name, chart), { recursive: true });
    writeFileSync(join(directory, name, chart, "Chart.yaml"), "");
  }
  return name;
}

describe("what is listed", () => {
  test("is one istiod without a revision where nothing is", () => {
    expect(istio()[0]).toMatchObject({
      revisions: [{ name: "default", version: "1.29.6" }],
      defaultRevision: "default",
      isListed: false,
    });
  });

  test("takes the section's keys, and overrides them one by one", () => {
    const [one, other] = istio((mesh) => {
      mesh.istio.imageHub = "registry.example.com/istio";
      mesh.istio.values = { one: 1 };
      mesh.istio.revisions = {
        default: {},
        "1-30-0": { version: "1.30.0", replicas: 3, values: { one: 1, other: 2 }, imagePullSecrets: ["x"] },
      };
      mesh.istio.defaultRevision = "1-30-0";
    });
    expect(one).toEqual(other);
    expect(one).toEqual({
      revisions: [
        {
          name: "default",
          version: "1.29.6",
          charts: { kind: "repository", url: undefined },
          imageHub: "registry.example.com/istio",
          imagePullSecrets: [],
          replicas: 2,
          values: { one: 1 },
        },
        {
          name: "1-30-0",
          version: "1.30.0",
          charts: { kind: "repository", url: undefined },
          imageHub: "registry.example.com/istio",
          imagePullSecrets: ["x"],
          replicas: 3,
          values: { one: 1, other: 2 },
        },
      ],
      defaultRevision: "1-30-0",
      isListed: true,
    });
  });

  test("is a cluster's own, whole, where it says so; its other keys stay the mesh's", () => {
    const [one, other] = istio((mesh) => {
      mesh.istio.revisions = { default: {}, "1-30-0": { version: "1.30.0" } };
      mesh.clusters[1].istio = { revisions: { "1-30-0": {} }, defaultRevision: "1-30-0", replicas: 3 };
    });
    expect(one.revisions.map(({ name }) => name)).toEqual(["default", "1-30-0"]);
    expect(one.defaultRevision).toBe("default");
    expect(other).toMatchObject({
      revisions: [{ name: "1-30-0", version: "1.29.6", replicas: 3 }],
      defaultRevision: "1-30-0",
    });
  });

  test("brings charts of its own in place of the section's", () => {
    const [{ revisions }] = istio((mesh, directory) => {
      mesh.istio.chartRepository = "https://charts.example.com";
      mesh.istio.revisions = {
        default: {},
        "1-30-0": { version: "1.30.0", chartsDirectory: unpacked(directory, "1.30.0") },
        other: { chartRepository: "oci://other.example.com/charts" },
      };
    });
    expect(revisions.map(({ charts }) => charts)).toEqual([
      { kind: "repository", url: "https://charts.example.com" },
      { kind: "directory", path: expect.stringMatching(/\/1\.30\.0$/) },
      { kind: "repository", url: "oci://other.example.com/charts" },
    ]);
  });

  test("needs the base chart of the newest version, and the gateways' of the default's", () => {
    const change: MeshChange = (mesh, directory) => {
      mesh.istio.chartsDirectory = unpacked(directory, "old", ["istiod"]);
      mesh.istio.revisions = {
        default: {},
        "1-30-0": { version: "1.30.0", chartsDirectory: unpacked(directory, "new", ["istiod"]) },
      };
      mesh.gateways = { ingress: { certificate: { source: "vault-kv" } } };
    };
    expect(problemsOf(from(change))).toEqual([
      'istio.chartsDirectory: no chart at old/gateway: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404)',
      'istio.revisions.1-30-0.chartsDirectory: no chart at new/base: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404)',
    ]);
  });
});

const listed = (revisions: object) => (mesh: Parameters<MeshChange>[0]) => (mesh.istio.revisions = revisions);
const form = (name: string) =>
  `a revision is named "${name}"; write lower-case letters, digits and dashes, at most 40, such as "1-30-0", or "default" for the istiod without a revision (IV0805)`;

const mistakes: Record<string, [MeshChange, ...string[]]> = {
  "none listed": [
    listed({}),
    'istio.revisions: "revisions" is empty, so no istiod would run; list at least one, or remove "revisions" for one istiod without a revision (IV0806)',
  ],
  "names Istio does not take": [
    listed({ default: {}, "1.30.0": {}, A: {}, ["b".repeat(41)]: {} }),
    `istio.revisions."1.30.0": ${form("1.30.0")}`,
    `istio.revisions.A: ${form("A")}`,
    `istio.revisions.${"b".repeat(41)}: ${form("b".repeat(41))}`,
  ],
  "a default that is not listed": [
    listed({ "1-30-0": {}, "1-29-6": {} }),
    'istio.revisions: the default revision is "default", which is not among [1-30-0, 1-29-6]; no istiod would inject namespaces labelled istio-injection=enabled; set "defaultRevision" to one of them, or list it (IV0807)',
  ],
  "a default where none is listed": [
    (mesh) => (mesh.clusters[1].istio = { defaultRevision: "1-30-0" }),
    'clusters[1].istio.defaultRevision: the default revision is "1-30-0", which is not among [default]; no istiod would inject namespaces labelled istio-injection=enabled; set "defaultRevision" to one of them, or list it (IV0807)',
  ],
  "a version that is not supported, said once": [
    listed({ default: {}, old: { version: "1.26.0" } }),
    'istio.revisions.old.version: "1.26.0" is not a supported Istio version; write x.y.z of at least 1.27.0, or a build of one such as 1.29.6-solo, since older ones start on an incomplete set of CA files (IV0402)',
  ],
  "charts of two versions in one directory": [
    (mesh, directory) => {
      mesh.istio.chartsDirectory = unpacked(directory, "charts");
      mesh.istio.revisions = { default: {}, "1-30-0": { version: "1.30.0" } };
    },
    'istio.chartsDirectory: "charts" would give the charts of 1.29.6 and 1.30.0, but holds those of one; give each version its own "chartsDirectory" (IV0808)',
  ],
  "a key nobody knows": [
    listed({ default: { replica: 3 } }),
    'istio.revisions.default.replica: unknown key; did you mean "replicas"? (IV0103)',
  ],
  "both sources of charts": [
    (mesh, directory) =>
      listed({
        default: { chartsDirectory: unpacked(directory, "charts"), chartRepository: "https://x" },
      })(mesh),
    'istio.revisions.default.chartsDirectory: "chartRepository" and "chartsDirectory" cannot be set together; remove one of them (IV0116)',
  ],
  "a gateway under the ServiceAccount of a revision": [
    (mesh) => {
      mesh.istio.revisions = { default: {}, "1-30-0": {} };
      mesh.gateways = { "istiod-1-30-0": { certificate: { source: "vault-kv" } } };
    },
    'gateways.istiod-1-30-0: a gateway is named "istiod-1-30-0", like istiod\'s role in Vault or its ServiceAccount; use another name, such as "istio-ingress" (IV0801)',
  ],
  "a gateway of a revision that is not listed": [
    (mesh) => {
      mesh.istio.revisions = { default: {}, "1-30-0": {} };
      const gateway = { certificate: { source: "vault-kv" } };
      mesh.gateways = {
        one: { ...gateway, values: { revision: "1-30-0" } },
        other: { ...gateway, values: { revision: "1-29-6" } },
      };
    },
    'gateways.other.values.revision: "revision" is not one of [default, 1-30-0], so no istiod would inject the gateway\'s pods, and they could not start; use a listed one, or remove the key for the default revision (IV0809)',
  ],
};

test.each(Object.entries(mistakes))("fails for %s", (_name, [change, ...problems]) => {
  expect(problemsOf(from(change))).toEqual(problems);
});

test("where none are listed, a gateway's revision is somebody else's", () => {
  const change: MeshChange = (mesh) =>
    (mesh.gateways = { one: { certificate: { source: "vault-kv" }, values: { revision: "x" } } });
  expect(problemsOf(from(change))).toEqual([]);
});

test("a list that is no mapping is said once, and nothing about the default", () => {
  expect(problemsOf(listed(["default"]))).toEqual(["istio.revisions: is a list; write a mapping (IV0105)"]);
});

test("a key that would be a prototype is a name like any other", () => {
  const revisions = JSON.parse('{ "default": {}, "__proto__": {} }');
  expect(problemsOf(listed(revisions))).toEqual([`istio.revisions.__proto__: ${form("__proto__")}`]);
});
