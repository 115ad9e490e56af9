import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MeshChange, type MeshData, meshWith, problemsOf } from "../support/mesh-file";

const pki = { source: "vault-pki", domains: ["shop.example.com"] };

/** What a mesh.yaml makes of the tests' clusters: their gateways. */
const gatewaysOf = (change: MeshChange) => meshWith(change).clusters.map(({ gateways }) => gateways);

test("a mesh without gateways has none", () => {
  expect(gatewaysOf(() => {})).toEqual([[], []]);
});

describe("a gateway", () => {
  test("is every cluster's, with all that was left out", () => {
    const gateway = {
      name: "istio-ingress",
      namespace: "istio-ingress",
      certificate: { source: "vault-pki", domains: ["shop.example.com"], issuer: "default" },
      replicas: 2,
      values: {},
    };
    const [one, two] = gatewaysOf((mesh) => (mesh.gateways = { "istio-ingress": { certificate: pki } }));
    expect(one).toMatchObject([gateway]);
    expect(two).toMatchObject([gateway]);
    const { certificate } = one[0];
    if (certificate.source !== "vault-pki") throw new Error("another source");
    expect([`${certificate.validFor}`, `${certificate.keyAlgorithm}`]).toEqual(["30d", "ecdsa-p256"]);
    expect(certificate.mountPath).toBeUndefined();
  });

  test("takes all it can be told", () => {
    const certificate = { source: "vault-kv", mountPath: "edge", path: "certificates/wildcard" };
    const gateway = {
      namespace: "edge",
      certificate,
      replicas: 3,
      values: { service: { type: "NodePort" } },
    };
    const [one] = gatewaysOf((mesh) => (mesh.gateways = { edge: gateway }));
    expect(one).toEqual([{ name: "edge", ...gateway }]);
  });

  test("lies key by key over the mesh-wide one, its certificate as a whole", () => {
    const [one, two] = gatewaysOf((mesh) => {
      mesh.gateways = { "istio-ingress": { replicas: 3, certificate: { ...pki, validFor: "1d" } } };
      mesh.clusters[1].gateways = { "istio-ingress": { certificate: { source: "vault-kv" } } };
    });
    expect(one).toMatchObject([{ replicas: 3, certificate: { source: "vault-pki" } }]);
    expect(two).toEqual([
      {
        name: "istio-ingress",
        namespace: "istio-ingress",
        replicas: 3,
        certificate: { source: "vault-kv" },
        values: {},
      },
    ]);
  });

  test("may have its certificate in each cluster alone", () => {
    const all = gatewaysOf((mesh) => {
      mesh.gateways = { "istio-ingress": { replicas: 3 } };
      for (const cluster of mesh.clusters) {
        cluster.gateways = {
          "istio-ingress": { certificate: { ...pki, domains: [`${cluster.name}.example.com`] } },
        };
      }
    });
    expect(all.map(([{ certificate }]) => certificate)).toMatchObject([
      { domains: ["cluster1.example.com"] },
      { domains: ["cluster2.example.com"] },
    ]);
  });

  test("may be one cluster's alone", () => {
    const [one, two] = gatewaysOf(
      (mesh) => (mesh.clusters[1].gateways = { "istio-egress": { certificate: pki } }),
    );
    expect(one).toEqual([]);
    expect(two).toMatchObject([{ name: "istio-egress" }]);
  });
});

const withCertificate = (certificate: object) => (mesh: MeshData) =>
  (mesh.gateways = { edge: { certificate } });

const mistakes: Record<string, [change: MeshChange, ...problems: string[]]> = {
  "an unknown key, mesh-wide": [
    (mesh) => (mesh.gateways = { edge: { certificate: pki, replica: 1 } }),
    'gateways.edge.replica: unknown key; did you mean "replicas"? (IV0103)',
  ],
  "an unknown key, in a cluster": [
    (mesh) => {
      mesh.gateways = { edge: { certificate: pki } };
      mesh.clusters[1].gateways = { edge: { replica: 1 } };
    },
    'clusters[1].gateways.edge.replica: unknown key; did you mean "replicas"? (IV0103)',
  ],
  "no certificate, mesh-wide": [
    (mesh) => (mesh.gateways = { edge: {} }),
    "gateways.edge.certificate: required and missing: Certificate, key and CA that it serves with (IV0104)",
  ],
  "no certificate, in the one cluster that has it": [
    (mesh) => (mesh.clusters[1].gateways = { edge: {} }),
    "clusters[1].gateways.edge.certificate: required and missing: Certificate, key and CA that it serves with (IV0104)",
  ],
  "a list in place of names": [
    (mesh) => (mesh.gateways = [{ name: "edge" }]),
    "gateways: is a list; write a mapping (IV0105)",
  ],
  "another source": [
    withCertificate({ source: "acme" }),
    'gateways.edge.certificate.source: is "acme"; write vault-pki or vault-kv or none (IV0109)',
  ],
  "no domain": [
    withCertificate({ source: "vault-pki", domains: [] }),
    "gateways.edge.certificate.domains: is an empty list; write a list of at least one (IV0105)",
  ],
  "no replicas, where they are written": [
    (mesh) => {
      mesh.gateways = { edge: { certificate: pki } };
      mesh.clusters[0].gateways = { edge: { replicas: 0 } };
    },
    'clusters[0].gateways.edge.replicas: "replicas" is 0; write a whole number of at least 1 (IV0403)',
  ],
  "a name that is none": [
    (mesh) => (mesh.gateways = { Edge: { certificate: pki } }),
    'gateways.Edge: "gateways" is "Edge"; write at most 40 lower-case letters, digits and dashes, a letter or digit first and last, since Vault mounts, policies and stacks are named after it (IV0110)',
  ],
  "istiod's name": [
    (mesh) => (mesh.clusters[0].gateways = { istiod: { certificate: pki } }),
    'clusters[0].gateways.istiod: a gateway is named "istiod", like istiod\'s role in Vault or its ServiceAccount; use another name, such as "istio-ingress" (IV0801)',
  ],
  "a domain that is none": [
    withCertificate({ source: "vault-pki", domains: ["shop.example.com", "*"] }),
    'gateways.edge.certificate.domains: "domains" contains "*"; write lower-case DNS names, optionally with a leading "*.", the first of at most 64 characters (IV0802)',
  ],
  "a path that is a pattern": [
    withCertificate({ source: "vault-kv", path: "gateways/*" }),
    'gateways.edge.certificate.path: "path" is "gateways/*"; write the path without "data/" and without a slash at either end, using only letters, digits, dots, dashes and underscores between slashes, since "*" and "+" are wildcards in a policy (IV0803)',
  ],
  "the mount of a root of the mesh": [
    withCertificate({ ...pki, mountPath: "istio-root-a" }),
    'gateways.edge.certificate.mountPath: "mountPath" is "istio-root-a", where root a signs for the mesh; use a CA in another mount, or remove the key (IV0804)',
  ],
  "the mount of an existing root": [
    (mesh) => {
      mesh.roots[0] = {
        name: "a",
        source: "existing",
        mountPath: "company-pki",
        certificateFile: "clusters/cluster1-ca.pem",
      };
      mesh.clusters[0].gateways = { edge: { certificate: { ...pki, mountPath: "company-pki" } } };
    },
    'clusters[0].gateways.edge.certificate.mountPath: "mountPath" is "company-pki", where root a signs for the mesh; use a CA in another mount, or remove the key (IV0804)',
  ],
  "a directory of charts without the gateways'": [
    (mesh, directory) => {
      for (const chart of ["base", "istiod"]) {
        mkdirSync(join(directory, "charts", chart), { recursive: true });
        writeFileSync(join(directory, "charts", chart, "Chart.yaml"), `name: ${chart}\n`);
      }
      mesh.istio.chartsDirectory = "charts";
      mesh.gateways = { edge: { certificate: pki } };
    },
    'istio.chartsDirectory: no chart at charts/gateway: it has no Chart.yaml; give the directory that "helm pull --untar" filled (IV0404)',
  ],
};

test.each(Object.entries(mistakes))("fails for %s", (_name, [change, ...problems]) => {
  expect(problemsOf(change)).toEqual(problems);
});
