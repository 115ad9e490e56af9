import { longestLeafLifetime } from "../../config/leaf-transition";
import type { Mesh } from "../../config/mesh";
import type { Finding } from "../../lib/rules";
import { arrivalSeconds, type ClusterState } from "./cluster-state";
import { type ClusterFacts, valueOf } from "./facts";
import type { RootCertificates } from "./root-certificates";
import { rules } from "./rules";

/**
 * The waits of a rotation: what workloads hold can be older than what istiod has now by the lifetime of a
 * certificate, since a proxy gets both its leaf and its bundle with each new certificate.
 */

/** istiod dates its certificates back by two minutes, against clocks that are wrong. */
const BACKDATED_SECONDS = 120;

/** How long a killed istiod holds the lease to publish. */
const LEASE_SECONDS = 40;

export interface Wait {
  readonly finding: Finding;
  readonly until: Date;
}

/** What the next step has to wait for; `running` has clear answers only. */
export function waitsFor(
  mesh: Mesh,
  running: readonly ClusterState[],
  roots: RootCertificates,
  now: Date,
): Wait[] {
  const waits = [...oldBundles(mesh, running, roots, now), ...lastLeaves(mesh, running, roots)];
  return waits.filter(({ until }) => until > now);
}

/**
 * Roots that are to sign where none of them does yet, and until when a proxy may hold a bundle without them.
 * One that signs in some cluster already is trusted, or would have been refused there.
 */
function oldBundles(
  mesh: Mesh,
  running: readonly ClusterState[],
  roots: RootCertificates,
  now: Date,
): Wait[] {
  const signing = signingRoots(running, roots);
  const names = new Set(running.map(({ name }) => name));
  const declared = mesh.clusters.filter(({ name }) => names.has(name)).map(({ trust }) => trust.signing);
  const until = latest(running.map((state) => lastProxyRenewed(state, now)));
  return (
    [...new Set(declared)]
      .filter((root) => !signing.has(root))
      // One that is not published everywhere is refused for that reason.
      .filter((root) => running.every((state) => publishedRoots(state, roots).includes(root)))
      .map((root) => ({ until, finding: rules.bundleNotHeldYet(root, until.toISOString()) }))
  );
}

/**
 * When the last proxy of a cluster has a new certificate, and with it the bundle that is published now.
 * Of several istiods one publishes, and the others answer with it once their own agents have rendered it.
 */
function lastProxyRenewed({ facts }: ClusterState, now: Date): Date {
  const published = valueOf(facts.kubernetes)!.publishedAt ?? now;
  return after(published, arrivalSeconds(facts) + facts.cluster.maxLeafLifetime.toSeconds());
}

/** Roots that are to be dropped, and until when the last leaves under them may be in use. */
function lastLeaves(mesh: Mesh, running: readonly ClusterState[], roots: RootCertificates): Wait[] {
  const kept = new Map(mesh.clusters.map(({ name, trust }) => [name, trust.bundle]));
  const dropped = new Set(
    running.flatMap((state) =>
      publishedRoots(state, roots).filter((root) => !kept.get(state.name)!.includes(root)),
    ),
  );
  const since = latest(running.map(({ facts }) => tookOver(facts)));
  const lifetime = longestLeafLifetime(running.map(({ facts }) => facts.cluster));
  const until = after(since, lifetime.toSeconds() + LEASE_SECONDS);
  const signing = signingRoots(running, roots);
  // One that still signs is refused for that reason: its wait has not begun.
  return [...dropped]
    .filter((root) => !signing.has(root))
    .map((root) => ({
      until,
      finding: rules.lastLeavesRemain(root, until.toISOString(), `${lifetime}`),
    }));
}

/**
 * When a cluster's istiods had all loaded the intermediate they sign with. istiod reissues its own
 * certificate at that moment, so those that are older than the version in Vault show it exactly; the
 * others started with it. If all are younger, those they replaced may have signed until then.
 */
export function tookOver({ vault, istiods }: ClusterFacts): Date {
  const writtenAt = valueOf(vault)?.writtenAt;
  const older = istiods.filter(({ startedAt }) => writtenAt === undefined || startedAt < writtenAt);
  if (older.length > 0) {
    const made = older.map(({ reached }) => valueOf(reached)!.ownCertificateFrom);
    return after(latest(made), BACKDATED_SECONDS);
  }
  const first = Math.min(...istiods.map(({ startedAt }) => startedAt.getTime()));
  return after(new Date(first), BACKDATED_SECONDS);
}

function signingRoots(running: readonly ClusterState[], roots: RootCertificates): Set<string> {
  return new Set(running.flatMap(({ signers }) => signers.map(({ root }) => roots.nameOf(root!))));
}

function publishedRoots({ published }: ClusterState, roots: RootCertificates): string[] {
  return published!.map((root) => roots.nameOf(root));
}

function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

export function latest(dates: readonly Date[]): Date {
  return new Date(Math.max(...dates.map((date) => date.getTime())));
}
