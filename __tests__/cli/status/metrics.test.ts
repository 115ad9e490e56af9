import "reflect-metadata";
import { spawnSync } from "node:child_process";
import { ClusterState } from "../../../cli/status/cluster-state";
import { known, unknown } from "../../../cli/status/facts";
import { lifetimesOf } from "../../../cli/status/lifetimes";
import { METRICS, metrics } from "../../../cli/status/metrics";
import type { MeshStatus } from "../../../cli/status/mesh-status";
import { rules } from "../../../cli/status/rules";
import { findingsAt } from "../../../cli/status/status-finding";
import { declaredMesh, RunningMesh } from "../../support/running-mesh";
import { findTool } from "../../support/tool";

const AT = new Date("2026-11-22T10:00:00.900Z");
const lifetime = (from: string, until: string) => ({
  notBefore: new Date(`${from}T10:00:00Z`),
  notAfter: new Date(`${until}T10:00:00Z`),
});

const istiod = (pod: string, step: MeshStatus["clusters"][number]["istiods"][number]["step"]) => ({
  pod,
  step,
  silence: undefined,
  intermediate: { serial: "aa", sha256: "aa", root: "a", ...lifetime("2026-11-21", "2027-02-20") },
});

const STATUS: MeshStatus = {
  mesh: "mesh1",
  at: AT,
  clusters: [
    {
      cluster: "cluster1",
      unreachable: undefined,
      istiods: [
        istiod("istiod-1", "in step"),
        istiod("istiod-2", "not served"),
        istiod("istiod-3", "unknown"),
      ],
      published: ["a"],
      leafLines: { published: undefined, declared: undefined },
      proxies: { total: 12, current: 11 },
      renewed: undefined,
      apart: true,
      declared: { signing: "a", bundle: ["a"] },
      vault: undefined,
    },
  ],
  lifetimes: [
    {
      cluster: "cluster1",
      roots: [
        { root: "a", ...lifetime("2026-11-21", "2036-11-18") },
        { root: "?3f2a81c0", ...lifetime("2026-11-21", "2036-11-18") },
      ],
      stored: lifetime("2026-11-22", "2027-02-20"),
      publishesStored: false,
      lists: [{ authority: "root a", ...lifetime("2026-11-22", "2036-11-19") }],
    },
    { cluster: "cluster2", roots: [], stored: undefined, publishesStored: undefined, lists: [] },
  ],
  findings: [
    findingsAt("istiod", "cluster1").found(rules.notServed("istiod-2", 2, "1h", "7m")),
    findingsAt("istiod", "cluster1").found(rules.notServed("istiod-4", 2, "1h", "7m")),
    findingsAt("differs from mesh.yaml", undefined).found(rules.rootNotMade("b")),
    findingsAt("Vault", "cluster2").notFoundOut(rules.vaultNotAsked("sealed")),
  ],
  next: undefined,
};

const C1 = 'mesh="mesh1",cluster="cluster1"';

test("tells everything once, in base units, and nothing of what is not known", () => {
  const lines = metrics(STATUS).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "# HELP istio_vault_status_timestamp_seconds When the mesh was last checked.",
    "# TYPE istio_vault_status_timestamp_seconds gauge",
    'istio_vault_status_timestamp_seconds{mesh="mesh1"} 1795341600',
  ]);
  expect(lines.filter((line) => !line.startsWith("#")).slice(1)).toEqual([
    `istio_vault_status_finding{${C1},rule="IV0716",level="error",kind="fault"} 1`,
    'istio_vault_status_finding{mesh="mesh1",rule="IV0723",level="error",kind="drift"} 1',
    'istio_vault_status_finding{mesh="mesh1",cluster="cluster2",rule="IV0701",level="error",kind="unknown"} 1',
    `istio_vault_root_not_before_timestamp_seconds{${C1},root="a"} 1795255200`,
    `istio_vault_root_not_before_timestamp_seconds{${C1},root="?3f2a81c0"} 1795255200`,
    `istio_vault_root_not_after_timestamp_seconds{${C1},root="a"} 2110615200`,
    `istio_vault_root_not_after_timestamp_seconds{${C1},root="?3f2a81c0"} 2110615200`,
    `istio_vault_stored_intermediate_not_before_timestamp_seconds{${C1}} 1795341600`,
    `istio_vault_stored_intermediate_not_after_timestamp_seconds{${C1}} 1803117600`,
    `istio_vault_stored_intermediate_served{${C1},pod="istiod-1"} 1`,
    `istio_vault_stored_intermediate_served{${C1},pod="istiod-2"} 0`,
    `istio_vault_stored_bundle_published{${C1}} 0`,
    `istio_vault_istiods_apart{${C1}} 1`,
    `istio_vault_proxies{${C1}} 12`,
    `istio_vault_proxies_with_bundle{${C1}} 11`,
    ...["istiod-1", "istiod-2", "istiod-3"].map(
      (pod) =>
        `istio_vault_served_intermediate_not_before_timestamp_seconds{${C1},pod="${pod}",root="a"} 1795255200`,
    ),
    ...["istiod-1", "istiod-2", "istiod-3"].map(
      (pod) =>
        `istio_vault_served_intermediate_not_after_timestamp_seconds{${C1},pod="${pod}",root="a"} 1803117600`,
    ),
    `istio_vault_revocation_list_not_before_timestamp_seconds{${C1},authority="root a"} 1795341600`,
    `istio_vault_revocation_list_not_after_timestamp_seconds{${C1},authority="root a"} 2110701600`,
  ]);
});

test("escapes what a label may not hold", () => {
  const empty = { ...STATUS, mesh: 'a "b"\\\nc', clusters: [], lifetimes: [], findings: [] };
  expect(metrics(empty).split("\n").at(-1)).toBe(
    'istio_vault_status_timestamp_seconds{mesh="a \\"b\\"\\\\\\nc"} 1795341600',
  );
});

const promtool = findTool("promtool");
(promtool === undefined ? test.skip : test)(
  "promtool objects to nothing (skipped where it is neither in E2E_BIN nor in PATH)",
  () => {
    const { status, stderr } = spawnSync(promtool!, ["check", "metrics"], {
      input: `${metrics(STATUS)}\n`,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  },
);

test("each metric is told", () => {
  expect(Object.values(METRICS).filter((name) => !metrics(STATUS).includes(`\n${name}{`))).toEqual([]);
});

describe("lifetimes of a cluster", () => {
  let running: RunningMesh;
  beforeAll(async () => (running = await RunningMesh.create()));
  const mesh = declaredMesh({ signing: "a", bundle: ["a"] });
  const lifetimes = (change: Parameters<RunningMesh["facts"]>[3] = {}) => {
    const roots = running.rootCertificates();
    const facts = running.facts(mesh, 0, { signing: "a", bundle: ["a"] }, change);
    return lifetimesOf(new ClusterState(facts, roots), roots, []);
  };

  test("are those of the published roots and of the intermediate in Vault", () => {
    const { cluster, roots, stored, publishesStored } = lifetimes();
    const record = running.vaultFacts({ signing: "a", bundle: ["a"] }).record!;
    expect({ cluster, roots: roots.map(({ root }) => root), publishesStored }).toEqual({
      cluster: "cluster1",
      roots: ["a"],
      publishesStored: true,
    });
    expect(roots[0].notAfter).toEqual(new Date(running.certificates("a")[0].validTo));
    expect(roots[0].notBefore).toEqual(new Date(running.certificates("a")[0].validFrom));
    expect(stored).toEqual({ notBefore: record.notBefore, notAfter: record.notAfter });
  });

  test("hold a root that is on its way, and a stranger by its fingerprint", () => {
    const vault = known(running.vaultFacts({ signing: "a", bundle: ["a", "b", "stranger"] }));
    const { roots, publishesStored } = lifetimes({ vault });
    expect(roots.map(({ root }) => root)).toEqual(["a", "b", expect.stringMatching(/^\?[0-9a-f]{8}$/)]);
    expect(publishesStored).toBe(false);
  });

  test("of an intermediate that nobody noted are not known", () => {
    const vault = known(running.vaultFacts({ signing: "a", bundle: ["a"] }, { currentVersion: 6 }));
    expect(lifetimes({ vault }).stored).toBeUndefined();
  });

  test("without Vault are those of the cluster alone, and without both none", () => {
    const vault = unknown("sealed");
    expect(lifetimes({ vault })).toMatchObject({ stored: undefined, publishesStored: undefined });
    expect(lifetimes({ vault }).roots).toHaveLength(1);
    expect(lifetimes({ vault, kubernetes: unknown("away"), istiods: [] }).roots).toEqual([]);
  });
});
