import type { Mesh } from "../../config/mesh";
import { changeFindings, type TrustedMesh } from "../../config/trust-transition";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { span } from "../command-line/text";
import type { ClusterState } from "./cluster-state";
import { latest, waitsFor } from "./gate-waits";
import { liveMesh, whatIsLacking, whereIstioRuns } from "./live-mesh";
import { proxyList, proxyState, requestLonger } from "./proxies";
import { isInUse, type RevocationSteps, revocationSteps } from "./revocation-steps";
import type { RootCertificates } from "./root-certificates";
import { rules } from "./rules";
import { findingsAt, type StatusFinding } from "./status-finding";

/** Whether what mesh.yaml says may be deployed on the mesh as it runs. */
export interface GateVerdict {
  readonly verdict: "nothing to do" | "now" | "emergency" | "not yet" | "unknown";
  /** What would change, in words. */
  readonly changes: readonly string[];
  /** What would have to be known first. */
  readonly lacking: readonly string[];
  /** Findings that forbid it. */
  readonly findings: readonly StatusFinding[];
  /** When a wait is all that is missing. */
  readonly until: Date | undefined;
}

/**
 * Judges the next step by the rules that hold between two commits, with the mesh as it runs in the base
 * commit's place. Those rules assume that the state before is fully deployed; this checks whether it is.
 */
export function gate(
  mesh: Mesh,
  states: readonly ClusterState[],
  roots: RootCertificates,
  now: Date,
): GateVerdict {
  const running = whereIstioRuns(states);
  const lacking = whatIsLacking(running, roots);
  if (lacking.length > 0) return { ...NOTHING, verdict: "unknown", lacking };
  const live = liveMesh(mesh, running, roots);
  const refused = refusedProxies(running);
  const revocations = revocationSteps(mesh, running, now);
  const changes = [
    ...changesBetween(live, mesh, revocations).map(timed(running, now)),
    ...(refused.length > 0 ? ["sign for no longer than mesh.yaml says"] : []),
  ];
  if (changes.length === 0) return { ...NOTHING, verdict: "nothing to do" };

  const { found } = findingsAt("next step", undefined);
  const waits = waitsFor(mesh, running, roots, revocations, now);
  const findings = [
    ...unsettled(running, roots),
    ...transition(live, mesh).map(found),
    ...waits.map(({ finding }) => found(finding)),
    ...cutOff(running, revocations),
    ...refused,
  ];
  if (findings.length === 0) return { ...NOTHING, verdict: "now", changes };
  if (mesh.emergency !== undefined) return { ...NOTHING, verdict: "emergency", changes, findings };
  const until = waits.length === findings.length ? latest(waits.map((wait) => wait.until)) : undefined;
  return { ...NOTHING, verdict: "not yet", changes, findings, until };
}

/** Proxies that request certificates for longer than istiod is to sign for. */
function refusedProxies(running: readonly ClusterState[]): StatusFinding[] {
  return running.flatMap(({ name, facts }) =>
    [...requestLonger(facts)].map(([requested, names]) =>
      findingsAt("next step", name).found(
        rules.proxiesRequestLonger(
          names.length,
          requested,
          proxyList(names),
          `${facts.cluster.maxLeafLifetime}`,
        ),
      ),
    ),
  );
}

/** What is to be revoked and signs still. */
function cutOff(running: readonly ClusterState[], { revoked }: RevocationSteps): StatusFinding[] {
  return revoked.flatMap(({ serial }) =>
    running
      .filter((state) => isInUse(state, serial))
      .map(({ name }) => findingsAt("next step", name).found(rules.revocationCutsOff(serial))),
  );
}

/** A renewal of leaves, with how long it will take. */
function timed(running: readonly ClusterState[], now: Date) {
  const seconds = running.flatMap((state) => proxyState(state, now)?.renewalSeconds ?? []);
  return (change: string) =>
    change.startsWith(RENEWAL) && seconds.length > 0
      ? `${change}, which takes about ${span(Math.max(1, ...seconds) * 1000)}`
      : change;
}

/** What would break; in an emergency, who loses connectivity. */
function transition(live: TrustedMesh, mesh: Mesh): Finding[] {
  // An emergency may only skip a wait, so it is never unnecessary here.
  return changeFindings(live, mesh).filter(({ rule }) => rule !== rules.emergencyIdle.id);
}

const RENEWAL = "renew every sidecar's certificate";

const NOTHING = { changes: [], lacking: [], findings: [], until: undefined };

function changesBetween(
  live: TrustedMesh,
  declared: TrustedMesh,
  { revoked, takenBack }: RevocationSteps,
): string[] {
  const byChange = new Map<string, string[]>();
  const note = (change: string, cluster: string) => {
    const clusters = byChange.get(change);
    if (!clusters) byChange.set(change, [cluster]);
    else if (!clusters.includes(cluster)) clusters.push(cluster);
  };
  for (const { name, trust, leafGeneration } of declared.clusters) {
    for (const { trust: was, ...running } of live.clusters.filter((cluster) => cluster.name === name)) {
      const bundle = trust.bundle;
      for (const root of bundle.filter((one) => !was.bundle.includes(one))) note(`add ${root}`, name);
      if (was.signing !== trust.signing) note(`sign with ${trust.signing}`, name);
      for (const root of was.bundle.filter((one) => !bundle.includes(one))) note(`drop ${root}`, name);
      if (was.bundle.length === bundle.length && was.bundle.join() !== bundle.join()) {
        if (was.bundle.every((root) => bundle.includes(root))) note("reorder the bundle", name);
      }
      if (running.leafGeneration !== leafGeneration) note(RENEWAL, name);
    }
  }
  for (const { serial, of, clusters } of revoked) {
    for (const name of clusters) note(`revoke intermediate ${serial} of ${of}`, name);
  }
  for (const { serial, clusters } of takenBack) {
    for (const name of clusters) note(`accept intermediate ${serial} again`, name);
  }
  const all = new Set(live.clusters.map(({ name }) => name)).size;
  return [...byChange].map(
    ([change, clusters]) =>
      `${change} in ${clusters.length === all && all > 1 ? "every cluster" : nameList(clusters)}`,
  );
}

/** istiods that answer with another bundle than is published. */
export function unsettled(running: readonly ClusterState[], roots: RootCertificates): StatusFinding[] {
  return running.flatMap(({ name, published, leafLine, signers }) => {
    const { found } = findingsAt("next step", name);
    const names = roots.namesOf(published!, leafLine);
    return signers
      .map(({ pod, signed }) => ({ pod, answered: roots.namesOf(signed.bundle, signed.leafLine) }))
      .filter(({ answered }) => answered !== names)
      .map(({ pod, answered }) => found(rules.notSettled(pod, answered, names)));
  });
}
