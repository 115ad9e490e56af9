import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rotation } from "../../../cli/rotate/rotation";
import { withoutRevocation, withRevocation } from "../../../cli/rotate/revoked";
import { withRoot } from "../../../cli/rotate/roots";
import { writeMesh } from "../../../cli/rotate/write";
import { loadMesh } from "../../../config/load-mesh";
import type { Mesh } from "../../../config/mesh";
import { meshDirectory } from "../../support/mesh-file";

/** A mesh.yaml as people write them; `trust` is its sections between the roots and the clusters. */
function meshYaml(trust: string, cluster1 = "", cluster2 = ""): string {
  const file = join(meshDirectory(), "mesh.yaml");
  writeFileSync(
    file,
    `# The mesh of the shop.
version: 1
mesh: { id: mesh1 }
vault:
  address: https://vault.example.com:8200   # as Terraform reaches it
istio: { version: 1.31.1 }

roots:
  # Made in 2024.
  - { name: a, source: vault-pki, keyAlgorithm: rsa-4096, validFor: 10y } # offline copy: safe 3
  - { name: b, source: vault-pki, keyAlgorithm: rsa-4096, validFor: 10y, commonName: Root CA b }

${trust}
intermediates:
  issuance: deploy
  generation: 1 # raise it to renew

clusters:
  - name: cluster1   # the first
    network: network1
    kubernetesHost: https://k8s-1.example.com:6443
    kubernetesCaCertificateFile: clusters/cluster1-ca.pem
    kubeconfig: { context: cluster1 }
${cluster1}
  - name: cluster2
    network: network2
    kubernetesHost: https://k8s-2.example.com:6443
    kubernetesCaCertificateFile: clusters/cluster2-ca.pem
    kubeconfig: { context: cluster2 }
${cluster2}
backend: { type: local } # for now
`,
  );
  return file;
}

type Cluster = Mesh["clusters"][number];

function changed(mesh: Mesh, change: (cluster: Cluster, index: number) => Partial<Cluster>): Mesh {
  return {
    ...mesh,
    clusters: mesh.clusters.map((cluster, index) => ({ ...cluster, ...change(cluster, index) })),
  };
}

const trust = (signing: string, bundle: string[]) => () => ({ trust: { signing, bundle } });

/** What writing it changes: lines that are gone, and lines that are new. */
function difference(file: string, change: (cluster: Cluster, index: number) => Partial<Cluster>) {
  return linesOf(file, changed(loadMesh(file), change));
}

function linesOf(file: string, wanted: Mesh): string[] {
  const before = readFileSync(file, "utf8").split("\n");
  writeMesh(file, wanted);
  const after = readFileSync(file, "utf8").split("\n");
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

const FLOW = "trust: { signing: a, bundle: [a] } # since 2024\n";
const BLOCK = `trust:
  signing: a # since 2024
  bundle:
    - a # the old one
    # the next one comes here
`;

test("the mesh's trust is edited where it stands, and every comment stays", () => {
  expect(difference(meshYaml(FLOW), trust("a", ["a", "b"]))).toEqual([
    "- trust: { signing: a, bundle: [a] } # since 2024",
    "+ trust: { signing: a, bundle: [a, b] } # since 2024",
  ]);
  expect(difference(meshYaml(BLOCK), trust("a", ["a", "b"]))).toEqual(["+     - b"]);
});

test("a root is dropped with its line", () => {
  const both = BLOCK.replace("# the next one comes here", "- b");
  expect(difference(meshYaml(both), trust("b", ["b"]))).toEqual([
    "-   signing: a # since 2024",
    "-     - a # the old one",
    "+   signing: b # since 2024",
  ]);
});

test("a generation that is not written yet comes after the trust, and then is raised there", () => {
  const file = meshYaml(BLOCK);
  expect(difference(file, () => ({ leafGeneration: 2 }))).toEqual(["+ leafGeneration: 2"]);
  expect(readFileSync(file, "utf8")).toMatch(
    /comes here\nleafGeneration: 2\n|the old one\nleafGeneration: 2\n/,
  );
  expect(difference(file, () => ({ leafGeneration: 3 }))).toEqual([
    "- leafGeneration: 2",
    "+ leafGeneration: 3",
  ]);
});

test("what one cluster alone is to have is written there, and goes when all have it", () => {
  const file = meshYaml("trust: { signing: a, bundle: [a, b] }\n");
  const first = (_: Cluster, index: number) => ({
    trust: { signing: index === 0 ? "b" : "a", bundle: ["a", "b"] },
  });
  expect(difference(file, first)).toEqual(["+     trust: { signing: b }"]);
  expect(difference(file, trust("b", ["a", "b"]))).toEqual([
    "- trust: { signing: a, bundle: [a, b] }",
    "-     trust: { signing: b }",
    "+ trust: { signing: b, bundle: [a, b] }",
  ]);
});

test("clusters and groups with trust of their own are edited there", () => {
  const own = meshYaml(FLOW, "    trust:\n      bundle: [a]\n");
  expect(difference(own, trust("a", ["a", "b"]))).toEqual([
    "- trust: { signing: a, bundle: [a] } # since 2024",
    "-       bundle: [a]",
    "+ trust: { signing: a, bundle: [a, b] } # since 2024",
    "+       bundle: [a, b]",
  ]);
  const groups = meshYaml(
    `${FLOW}groups:\n  eu:\n    trust: { bundle: [a] }\n`,
    "    groups: [eu]",
    "    groups: [eu]",
  );
  expect(difference(groups, trust("a", ["a", "b"]))).toEqual([
    "-     trust: { bundle: [a] }",
    "+     trust: { bundle: [a, b] }",
  ]);
});

test("a cluster's intermediate is issued again where its generation stands", () => {
  const generation = (_: Cluster, index: number) =>
    index === 0
      ? {
          intermediates: {
            ...loadMesh(file).clusters[0].intermediates,
            generation: 2,
          } as Cluster["intermediates"],
        }
      : {};
  const file = meshYaml(FLOW);
  expect(difference(file, generation)).toEqual(["+     intermediates: { generation: 2 }"]);
});

const OLD = { cluster: "cluster9", serial: "74247cd7" };
const STOLEN = { cluster: "cluster1", serial: "0a1b" };

test.each([
  [
    "on one line",
    "revocation: { lists: served } # since June\n",
    [
      "- revocation: { lists: served } # since June",
      "+ revocation: { lists: served, revoked: [{ cluster: cluster1, serial: 0a1b }] } # since June",
    ],
  ],
  [
    "on lines of its own",
    "revocation:\n  lists: served # since June\n  # nothing yet\n",
    ["+   revoked: [{ cluster: cluster1, serial: 0a1b }]"],
  ],
  [
    "behind another",
    'revocation:\n  lists: served\n  revoked:\n    - { cluster: cluster9, serial: "74247cd7" } # in May\n',
    ["+     - { cluster: cluster1, serial: 0a1b }"],
  ],
  [
    "behind another on its line",
    "revocation:\n  lists: served\n  revoked: [{ cluster: cluster9, serial: 74247cd7 }] # in May\n",
    [
      "-   revoked: [{ cluster: cluster9, serial: 74247cd7 }] # in May",
      "+   revoked: [{ cluster: cluster9, serial: 74247cd7 }, { cluster: cluster1, serial: 0a1b }] # in May",
    ],
  ],
])("an intermediate is revoked %s, and taken back", (_, section, lines) => {
  const file = meshYaml(FLOW + section);
  const before = readFileSync(file, "utf8");
  const mesh = loadMesh(file);
  expect(linesOf(file, withRevocation(mesh, STOLEN))).toEqual(lines);
  writeMesh(file, withoutRevocation(loadMesh(file), STOLEN));
  expect(loadMesh(file)).toEqual(mesh);
  // An empty list stays behind.
  expect(readFileSync(file, "utf8").replace(/,? *\n? *revoked: \[\]/, "")).toBe(before);
});

test("the first of several that are revoked goes with its line", () => {
  const file = meshYaml(
    `${FLOW}revocation:\n  lists: served\n  revoked:\n    - cluster: cluster9\n      serial: "74247cd7"\n    # in June\n    - { cluster: cluster1, serial: 0a1b }\n`,
  );
  expect(linesOf(file, withoutRevocation(loadMesh(file), OLD))).toEqual([
    "-     - cluster: cluster9",
    '-       serial: "74247cd7"',
  ]);
});

test("a root that is not declared is made as the one before it was", () => {
  const file = meshYaml(FLOW);
  const mesh = withRoot(loadMesh(file), "c");
  const before = readFileSync(file, "utf8");
  expect(writeMesh(file, mesh)).toEqual([
    "roots: [{ name: c, source: vault-pki, keyAlgorithm: rsa-4096, validFor: 10y, commonName: Root CA c }]",
  ]);
  const line =
    "  - { name: c, source: vault-pki, keyAlgorithm: rsa-4096, validFor: 10y, commonName: Root CA c }\n";
  expect(readFileSync(file, "utf8").replace(line, "")).toBe(before);
});

test("what is an alias is written by a person, and the file stays as it is", () => {
  const file = meshYaml("trust: { signing: a, bundle: &roots [a] }\n", "    trust: { bundle: *roots }");
  const before = readFileSync(file, "utf8");
  expect(() => writeMesh(file, changed(loadMesh(file), trust("a", ["a", "b"])))).toThrow(
    `${file} cannot be changed here without changing more: a value is an alias, or shares its place with others; write by hand
  clusters[0].trust.bundle: [a, b]
  trust.bundle: [a, b]`,
  );
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a step of a rotation is what is written", () => {
  const file = meshYaml(FLOW);
  const mesh = loadMesh(file);
  const running = mesh.clusters.map(({ name }) => ({
    ...{ name, signing: ["a"], bundle: ["a"], leafGeneration: 1, renewed: true, dropped: [], serials: [] },
    ...{ generation: 1, inVault: undefined, revoked: [] },
  }));
  const seconds = { load: 1, trust: 1, renew: 1 };
  const { wanted } = rotation(mesh, running, { from: ["a"], to: "b" }, seconds);
  expect(writeMesh(file, wanted)).toEqual(["trust.bundle: [a, b]"]);
  expect(loadMesh(file)).toEqual(wanted);
});
