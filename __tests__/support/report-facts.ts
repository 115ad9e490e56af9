import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { declaredStacks } from "../../cli/report/declared-stacks";
import type { ReportFacts } from "../../cli/report/facts";
import { changeFacts } from "../../cli/report/reported-change";
import { VaultSide } from "../../cli/review/access-changes";
import type { ClusterLifetimes } from "../../cli/status/lifetimes";
import { rules } from "../../cli/status/rules";
import { findingsAt } from "../../cli/status/status-finding";
import type { ClusterView, IstiodView } from "../../cli/status/view";
import { loadMesh } from "../../config/load-mesh";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { FIXTURES } from "./fixtures";

/** Meshes to look at, of any size, on a day that stays the same. */

export const AT = new Date("2026-11-29T15:00:00Z");
const DAY = 86_400_000;

const REGIONS = ["eu", "us", "ap", "sa"];

/** A mesh in the middle of a rotation, with what meshes have: gateways, an issuer, two revisions. */
export function meshOf(count: number, { signing = 0.5, trusted = 1 } = {}): Mesh {
  const directory = mkdtempSync(join(tmpdir(), "report-"));
  try {
    const data = parse(readFileSync(join(FIXTURES, "mesh.yaml"), "utf8"));
    cpSync(join(FIXTURES, "clusters"), join(directory, "clusters"), { recursive: true });
    data.mesh.id = "shop";
    data.roots = ["2024", "2026"].map((name) => ({ name, source: "vault-pki", keyAlgorithm: "ecdsa-p384" }));
    data.trust = { signing: "2024", bundle: ["2024", "2026"] };
    data.intermediates = { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" };
    data.issuer = { method: "github-actions", repositoryId: 123456789, environment: "istio-issuer" };
    const [template] = data.clusters;
    data.clusters = Array.from({ length: count }, (_, index) => {
      const name = `${REGIONS[index % 4]}-${Math.floor(index / 4) + 1}`;
      const bundle = index < trusted * count ? ["2024", "2026"] : ["2024"];
      return {
        ...template,
        name,
        kubernetesHost: `https://${name}.example.com:6443`,
        kubeconfig: { context: name },
        trust: { signing: index < signing * count ? "2026" : "2024", bundle },
        ...(index % 3 === 0 && {
          gateways: { ingress: { certificate: { source: "vault-pki", domains: [`${name}.example.com`] } } },
        }),
        ...(index % 4 === 1 && { istio: { version: "1.30.4" } }),
      };
    });
    const file = join(directory, "mesh.yaml");
    writeFileSync(file, stringify(data));
    return loadMesh(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export function declaredFacts(count: number, mesh = meshOf(count)): ReportFacts {
  const vault = new VaultSide(declaredStacks(mesh), mesh.clusters);
  return { mesh, at: AT, vault, status: undefined, change: undefined };
}

/** The same as it runs, with one cluster of each kind of trouble where there are enough. */
export function liveFacts(count: number): ReportFacts {
  const facts = declaredFacts(count);
  const { mesh } = facts;
  const views = mesh.clusters.map((cluster, index) => viewOf(cluster, index, count));
  const troubled = mesh.clusters.slice(3);
  const findings = [
    ...troubled
      .slice(0, 1)
      .map(({ name }) =>
        findingsAt("cluster", name).notFoundOut(
          rules.clusterNotAsked(`kubeconfig context ${name}`, UNREACHABLE),
        ),
      ),
    ...troubled
      .slice(1, 2)
      .map(({ name }) =>
        findingsAt("istiod", name).found(rules.notServed("istiod-7d9c-x", 5, "2h 4m", "7m")),
      ),
    ...troubled
      .slice(2, 4)
      .map(({ name }) =>
        findingsAt("differs from mesh.yaml", name).found(
          rules.bundleNotPublished(
            "2024",
            "2024, 2026",
            "Vault holds 2024, 2026, which reaches istiod within 7m",
          ),
        ),
      ),
    ...mesh.clusters
      .slice(1, 2)
      .map(({ name }) =>
        findingsAt("istiod", name).found(
          rules.intermediateExpires(new Date(AT.getTime() + 9 * DAY).toISOString(), "9d 0h"),
        ),
      ),
  ];
  return {
    ...facts,
    status: {
      mesh: mesh.id,
      at: AT,
      clusters: views,
      lifetimes: mesh.clusters.map(lifetimesOf),
      findings,
      next: {
        verdict: "not yet",
        changes: ["sign with 2026 in every cluster"],
        lacking: [],
        findings: [
          findingsAt("next step", undefined).found(
            rules.bundleNotHeldYet("2026", "2026-11-30T09:12:00.000Z", "shop/cart-1 in eu-1"),
          ),
        ],
        until: new Date("2026-11-30T09:12:00Z"),
      },
    },
  };
}

const UNREACHABLE = "dial tcp 203.0.113.7:6443: i/o timeout";

function viewOf({ name, trust }: ClusterConfig, index: number, count: number): ClusterView {
  const unreachable = index === 3 && count > 2 ? UNREACHABLE : undefined;
  // The first quarter signs with the new root already.
  const root = index < count / 4 ? "2026" : "2024";
  return {
    cluster: name,
    unreachable,
    istiods: unreachable === undefined ? [istiodOf(root, index)] : [],
    published: unreachable === undefined ? (index === 5 || index === 6 ? ["2024"] : trust.bundle) : undefined,
    leafLines: { published: undefined, declared: undefined },
    proxies: { total: 12, current: 12 },
    renewed: index === 0,
    apart: false,
    declared: trust,
    vault: { version: 5, writtenAt: new Date(AT.getTime() - 2 * DAY), serial: undefined },
  };
}

function istiodOf(root: string, index: number): IstiodView {
  const age = index === 1 ? 81 : (index * 13) % 64;
  const notBefore = new Date(AT.getTime() - age * DAY);
  return {
    pod: "istiod-7d9c-x",
    intermediate: {
      serial: (0x32d9_0c41_55ae + index * 7_919_654_321).toString(16),
      sha256: `${index}`.padStart(64, "0"),
      root,
      notBefore,
      notAfter: new Date(notBefore.getTime() + 90 * DAY),
    },
    step: index === 4 ? "not served" : "in step",
    silence: undefined,
  };
}

function lifetimesOf({ name }: ClusterConfig): ClusterLifetimes {
  const years = (from: number) => ({
    notBefore: new Date(Date.UTC(from, 10, 1)),
    notAfter: new Date(Date.UTC(from + 10, 9, 30)),
  });
  return {
    cluster: name,
    roots: [
      { root: "2024", ...years(2024) },
      { root: "2026", ...years(2026) },
    ],
    stored: undefined,
    publishesStored: true,
    lists: [],
  };
}

/** A change by which the second half of the clusters begin to sign with the new root, and one cluster joins. */
export function changedFacts(count: number): ReportFacts {
  const checkout = (mesh: Mesh) => ({ mesh, project: {}, stacks: declaredStacks(mesh), faults: [] });
  const commits = {
    ref: "main",
    base: "4f2c9d1".padEnd(40, "0"),
    head: "8ab01ce".padEnd(40, "0"),
    uncommitted: false,
  };
  const change = changeFacts(checkout(meshOf(count)), checkout(meshOf(count + 1, { signing: 1 })), commits);
  return { ...change, at: AT, status: undefined };
}
