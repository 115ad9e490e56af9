import { longestLeafLifetime } from "../../config/leaf-transition";
import type { Mesh } from "../../config/mesh";
import type { Duration } from "../../lib/duration";
import { leafGenerationOf } from "../../lib/private/leaf-generation";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { arrivalSeconds, BACKDATED_SECONDS, type ClusterState, loadedAt } from "./cluster-state";
import { type ClusterFacts, valueOf } from "./facts";
import { isProven, proxyList, proxyState } from "./proxies";
import { isInUse, type RevocationSteps } from "./revocation-steps";
import type { RootCertificates } from "./root-certificates";
import { rules } from "./rules";

/**
 * The waits of a rotation. Where every proxy is seen to have the bundle, and a leaf of its own since, they are
 * minutes. Of a proxy that cannot be seen, what it holds can be older than what istiod has now by the lifetime
 * of a certificate, since it gets both its leaf and its bundle with each new certificate.
 */

/** How long a killed istiod holds the lease to publish. */
const LEASE_SECONDS = 40;

/** How long kubelets take at most to bring a ConfigMap into pods: a minute was seen. */
export const KUBELET_SECONDS = 120;

/** Beyond a render interval: how long an istiod takes to load what its agent has rendered. */
const LOAD_SECONDS = 20;

export interface Wait {
  readonly finding: Finding;
  readonly until: Date;
}

/** What the next step has to wait for; `running` has clear answers only. */
export function waitsFor(
  mesh: Mesh,
  running: readonly ClusterState[],
  roots: RootCertificates,
  revocations: RevocationSteps,
  now: Date,
): Wait[] {
  const waits = [
    ...oldBundles(mesh, running, roots, now),
    ...lastLeaves(mesh, running, roots, now),
    ...revokedLeaves(running, roots, revocations, now),
    ...renewals(mesh, running, roots, now),
  ];
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
  const publishedAt = ({ facts }: ClusterState) => valueOf(facts.kubernetes)!.publishedAt ?? now;
  const inPods = after(latest(running.map(publishedAt)), KUBELET_SECONDS);
  const hidden = running.filter((state) => !isProven(proxyState(state, now)));
  // Of several istiods one publishes, and the others answer with it once their own agents have rendered it.
  const renewed = hidden.map((state) =>
    after(publishedAt(state), arrivalSeconds(state.facts) + state.facts.cluster.maxLeafLifetime.toSeconds()),
  );
  return (
    [...new Set(declared)]
      .filter((root) => !signing.has(root))
      // One that is not published everywhere is refused for that reason.
      .filter((root) => running.every((state) => publishedRoots(state, roots).includes(root)))
      .map((root) => {
        const until = latest([inPods, ...renewed]);
        return {
          until,
          finding:
            hidden.length > 0
              ? rules.bundleNotHeldYet(root, until.toISOString(), whoIsHidden(hidden, now))
              : rules.rootsNotInPods(root, until.toISOString()),
        };
      })
  );
}

/** Clusters with proxies that hold back a step, and the first of these. */
function whoIsHidden(hidden: readonly ClusterState[], now: Date): string {
  return nameList(
    hidden.map((state) => {
      const proxies = proxyState(state, now);
      if (!proxies) return `the proxies of ${state.name}`;
      const names = [...proxies.unseen.values(), proxies.behind].flat();
      return `${proxyList(names)} in ${state.name}`;
    }),
  );
}

/** Roots that are to be dropped, and until when the last leaves under them may be in use. */
function lastLeaves(
  mesh: Mesh,
  running: readonly ClusterState[],
  roots: RootCertificates,
  now: Date,
): Wait[] {
  const kept = new Map(mesh.clusters.map(({ name, trust }) => [name, trust.bundle]));
  const dropped = new Set(
    running.flatMap((state) =>
      publishedRoots(state, roots).filter((root) => !kept.get(state.name)!.includes(root)),
    ),
  );
  const renewed = running.map((state) => renewedAt(state, roots, now));
  const hidden = running.filter((_, index) => !renewed[index]);
  // The certificates of one cluster are verified in all others.
  const lifetime = longestLeafLifetime(running.map(({ facts }) => facts.cluster));
  const expired = hidden.map(({ facts }) => after(tookOver(facts), lifetime.toSeconds() + LEASE_SECONDS));
  const until = latest([...renewed.flatMap((date) => date ?? []), ...expired]);
  const signing = signingRoots(running, roots);
  // One that still signs is refused for that reason: its wait has not begun.
  return [...dropped]
    .filter((root) => !signing.has(root))
    .map((root) => ({
      until,
      finding: rules.lastLeavesRemain(
        root,
        until.toISOString(),
        `${lifetime}`,
        hidden.length > 0 ? nameList(hidden.map(({ name }) => name)) : undefined,
      ),
    }));
}

/** Intermediates that are to be revoked, and until when the last leaves under them may be in use. */
function revokedLeaves(
  running: readonly ClusterState[],
  roots: RootCertificates,
  { revoked }: RevocationSteps,
  now: Date,
): Wait[] {
  return revoked.flatMap(({ serial, of }) => {
    const state = running.find(({ name }) => name === of);
    // One that is in use is refused for that reason: its wait has not begun.
    if (!state || isInUse(state, serial)) return [];
    const lifetime = longestLeafLifetime([state.facts.cluster]);
    const renewed = renewedAt(state, roots, now);
    const until = renewed ?? after(tookOver(state.facts), lifetime.toSeconds() + LEASE_SECONDS);
    const hidden = renewed ? undefined : `${lifetime}`;
    return [{ until, finding: rules.revokedLeavesRemain(serial, of, until.toISOString(), hidden) }];
  });
}

/**
 * When every proxy of a cluster had renewed its leaf after its istiods loaded the intermediate they sign with: a
 * proxy that acknowledged a bundle which was written after the intermediate was served requested its leaf later than
 * that. Undefined where it cannot be seen.
 */
export function renewedAt(state: ClusterState, roots: RootCertificates, now: Date): Date | undefined {
  const proxies = proxyState(state, now);
  return isProven(proxies) && publishedRenewal(state, roots) ? proxies!.renewedAt : undefined;
}

/** Whether the bundle that is published was written after the intermediate was served, so that leaves were renewed. */
function publishedRenewal(state: ClusterState, roots: RootCertificates): boolean {
  const vault = valueOf(state.facts.vault);
  const { writtenAt, bundleWrittenAt } = vault ?? {};
  if (!vault || !writtenAt || !bundleWrittenAt) return false;
  const isPublished =
    roots.namesOf(vault.bundle, vault.leafLine) === roots.namesOf(state.published!, state.leafLine);
  return isPublished && bundleWrittenAt >= after(writtenAt, loadSeconds(state));
}

/**
 * Whether no leaf of a cluster has to be renewed because of an intermediate it had before: they were, or they have expired.
 * Of proxies that cannot be seen, only the gate says whether they were.
 *
 * @param lifetime of the leaves
 */
export function isRenewed(
  state: ClusterState,
  roots: RootCertificates,
  lifetime: Duration,
  now: Date,
): boolean {
  const expired = after(tookOver(state.facts), lifetime.toSeconds() + LEASE_SECONDS);
  return publishedRenewal(state, roots) || expired <= now;
}

/** How long it takes until every istiod of a cluster has loaded what was written in Vault, where none is stuck. */
export function loadSeconds({ facts }: { readonly facts: Pick<ClusterFacts, "cluster"> }): number {
  return facts.cluster.agent.renderInterval.toSeconds() + LOAD_SECONDS;
}

/**
 * Bundles that are to change, and with them every leaf of their cluster: after the last such change is over, and, where
 * the leaves are what it is for, after all istiods have loaded what they are renewed for.
 */
function renewals(mesh: Mesh, running: readonly ClusterState[], roots: RootCertificates, now: Date): Wait[] {
  const declared = new Map(mesh.clusters.map((cluster) => [cluster.name, cluster]));
  const changed = running.flatMap((state) => {
    const { trust, leafGeneration } = declared.get(state.name)!;
    const isSame = roots.namesOf(state.published!) === trust.bundle.join(", ");
    const isRenewed = leafGenerationOf(state.leafLine, leafGeneration) !== leafGeneration;
    return isSame && !isRenewed ? [] : [{ state, isRenewed }];
  });
  const underWay = changed.map(({ state }) => ({
    name: state.name,
    until: proxyState(state, now)?.renewedAt ?? new Date(0),
  }));
  const early = changed
    .filter(({ isRenewed }) => isRenewed)
    .map(({ state }) => {
      const { writtenAt, bundleWrittenAt } = valueOf(state.facts.vault) ?? {};
      const written = [writtenAt, bundleWrittenAt].flatMap((date) => date ?? []);
      return { name: state.name, until: after(latest([new Date(0), ...written]), loadSeconds(state)) };
    });
  return [waitOf(underWay, now, rules.renewalUnderWay), waitOf(early, now, rules.renewedTooEarly)].flatMap(
    (wait) => wait ?? [],
  );
}

/** One wait for all clusters that have one. */
function waitOf(
  all: readonly { readonly name: string; readonly until: Date }[],
  now: Date,
  rule: (clusters: string, until: string) => Finding,
): Wait | undefined {
  const later = all.filter(({ until }) => until > now);
  if (later.length === 0) return undefined;
  const until = latest(later.map((one) => one.until));
  return { until, finding: rule(nameList(later.map(({ name }) => name)), until.toISOString()) };
}

/**
 * When a cluster's istiods had all loaded the intermediate they sign with. istiod reissues its own
 * certificate at that moment, so those that are older than the version in Vault show it exactly; the
 * others started with it. If all are younger, those they replaced may have signed until then.
 */
export function tookOver({ vault, istiods }: ClusterFacts): Date {
  const writtenAt = valueOf(vault)?.writtenAt;
  const older = istiods.filter(({ startedAt }) => writtenAt === undefined || startedAt < writtenAt);
  if (older.length > 0) return latest(older.map((istiod) => loadedAt(istiod)!));
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
