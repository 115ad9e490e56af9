import { revocationFindings } from "../../config/revocation-transition";
import { listsSpread } from "../../config/lists-spread";
import type { Mesh } from "../../config/mesh";
import { type MeshData, meshWith, problemsOf } from "../support/mesh-file";

/** The tests' mesh.yaml with lists, changed. */
const withLists = (revocation: object, change: (mesh: MeshData) => void = () => {}) => {
  return (mesh: MeshData) => {
    mesh.intermediates = { issuance: "deploy" };
    mesh.revocation = { lists: "issued", ...revocation };
    change(mesh);
  };
};

test("a mesh has no lists unless it says so, and revokes nothing unless it says so", () => {
  expect(meshWith().revocation).toBeUndefined();
  expect(meshWith(withLists({})).revocation).toEqual({ lists: "issued", revoked: [] });
});

test("how long lists take: the longest render interval, and two minutes; nothing where none are served", () => {
  const intervals = (mesh: MeshData) => (mesh.clusters[1].agent = { renderInterval: "20m" });
  expect(`${listsSpread(meshWith(withLists({ lists: "served" }, intervals)))}`).toBe("1320s");
  expect(listsSpread(meshWith(withLists({}, intervals)))).toBeUndefined();
});

test.each<[string, (mesh: MeshData) => void, ...string[]]>([
  [
    "an intermediate that Terraform issues",
    withLists({}, (mesh) => {
      mesh.clusters[1].intermediates = { issuance: "terraform", acceptKeysInState: true };
    }),
    'clusters[1].intermediates.issuance: cluster2 has issuance "terraform", and Terraform cannot sign the revocation list that each intermediate needs of itself; its chain would be refused everywhere; use issuance "deploy" or "external" (docs/switch-issuance.md), or no revocation lists (IV0230)',
  ],
  [
    "a root in a bundle that does not sign in Vault",
    withLists({}, (mesh) => {
      mesh.roots.push({ name: "old", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
      mesh.trust.bundle = ["a", "old"];
    }),
    "roots[1].source: root old does not sign in Vault, so it gets no revocation list, and proxies refuse every chain to a root without one; take it out of every bundle, with the steps of a rotation, before there are revocation lists (IV0231)",
  ],
  [
    "a serial number in decimal",
    withLists({ revoked: [{ cluster: "cluster1", serial: "4711000000000000000000000000000000000000000" }] }),
    'revocation.revoked[0].serial: serial is "4711000000000000000000000000000000000000000"; write the intermediate\'s serial number as istio-vault status shows it: up to 20 bytes in hexadecimal, with or without colons, between quotes (IV0232)',
  ],
  [
    "one intermediate twice",
    withLists({
      revoked: [
        { cluster: "cluster1", serial: "0A:1B" },
        { cluster: "cluster1", serial: "0a1b" },
      ],
    }),
    'revocation.revoked[1].serial: "0a1b" is used twice (first: revocation.revoked[0]); names must be unique (IV0108)',
  ],
])("fails for %s", (_, change, ...problems) => {
  expect(problemsOf(change)).toEqual(problems);
});

test("a root that no bundle holds needs no list", () => {
  const spare = withLists({}, (mesh) => {
    mesh.roots.push({ name: "old", source: "offline", certificateFile: "clusters/cluster1-ca.pem" });
  });
  expect(problemsOf(spare)).toEqual([]);
});

describe("a change", () => {
  const mesh = (lists?: "issued" | "served", ...serials: string[]): Pick<Mesh, "revocation"> => ({
    revocation: lists && { lists, revoked: serials.map((serial) => ({ cluster: "cluster1", serial })) },
  });
  const said = (...[base, head]: Parameters<typeof revocationFindings>) =>
    revocationFindings(base, head).map(({ message, rule }) => `${message} (${rule})`);

  test.each<[("issued" | "served")?, ("issued" | "served")?]>([
    [undefined, "issued"],
    ["issued", "served"],
    ["served", "issued"],
    ["issued", undefined],
  ])("from %p to %p is a step", (from, to) => {
    expect(said(mesh(from), mesh(to))).toEqual([]);
  });

  test("a new mesh serves lists from its first deploy", () => {
    expect(said(undefined, mesh("served"))).toEqual([]);
  });

  test("fails for two steps at once, both ways", () => {
    expect(said(mesh(), mesh("served"))).toEqual([
      'revocation.lists goes from none to served at once; proxies that get lists refuse every chain in which one CA has none, and keep them while the next intermediates sign none; first a change to "issued" alone, deployed, and every certificate renewed, then this one (IV0660)',
    ]);
    expect(said(mesh("served"), mesh())).toHaveLength(1);
  });

  test("says what of a revocation reaches whom", () => {
    expect(said(mesh("served", "0a"), mesh("served", "0A", "0c0d"))).toEqual([
      "no proxy would accept a certificate under intermediate 0c:0d of cluster1 any more; connections that stand go on; waypoints, gateways that are not in mesh.yaml, and pods that were injected without the lists' mount, go on accepting it, a ztunnel looks at lists only with its chart's peerCaCrl, and istiods and agents look at none, so that who has its key can still play istiod to them; make sure that another intermediate signs, and that no certificate is left under this one (\"istio-vault status\") (IV0661)",
    ]);
    expect(said(mesh("issued"), mesh("issued", "0a"))[0]).toContain(
      "intermediate 0a of cluster1 any more, once lists are served, which they are not: nobody reads them;",
    );
  });

  test("a revocation that is taken back", () => {
    expect(said(mesh("served", "0a"), mesh("served"))).toEqual([
      "intermediate 0a of cluster1 would no longer be revoked, so that every certificate under it that has not expired is accepted again; make sure that it has expired itself, or that its key was never in other hands (IV0662)",
    ]);
  });
});
