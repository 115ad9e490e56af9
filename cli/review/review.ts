import type { Mesh } from "../../config/mesh";
import { leafFindings, longestLeafLifetime, renewalFindings } from "../../config/leaf-transition";
import { revocationFindings } from "../../config/revocation-transition";
import { revisionFindings } from "../../config/revision-transition";
import { changeFindings, trustDomainFindings } from "../../config/trust-transition";
import { groupBy } from "../../lib/private/group-by";
import { nameList } from "../../lib/private/text";
import type { Finding, Level } from "../../lib/rules";
import { accessFindings, keyReaders, VaultSide } from "./access-changes";
import { accountFor, type Accounts } from "./accounts";
import { type AffectedStack, affectedStacks } from "./affected";
import { disagreements } from "./agreement";
import type { Checkout } from "./checkout";
import { clustersOf, likeStacks } from "./differences";
import { deletedFindings } from "./deleted";
import { destroyed, destroyedFindings } from "./destroyed";
import { failClosedFindings, replicaFindings } from "./fail-closed";
import { changedTargets, foreignCode, newFaults } from "./foreign-code";
import { keysInStateFindings, movedObjectFindings, movedStateFindings } from "./keys-in-state";
import { picture } from "./picture";
import { renameFindings, renamesOf, withNewNames } from "./renamed";
import { revisionSteps } from "./revision-steps";
import { projectFindings } from "./project";
import { rules } from "./rules";
import { servingFindings } from "./serving";
import { sharedTargets } from "./same-target";
import { shown } from "./shown";
import { vaultElsewhereFindings } from "./vault-elsewhere";
import { changesInWords, clusterChanges, type TrustRow, trustTable } from "./trust-table";

/** The two commits that are compared. */
export interface Commits {
  /** What `--base` named. */
  readonly ref: string;
  /** Its merge-base with the head. */
  readonly base: string;
  readonly head: string;
  /** Whether the working copy holds more than the head. */
  readonly uncommitted: boolean;
}

/** All there is to say of a change. Made of names and paths alone; no value of the files is in it. */
export interface Review {
  readonly meshId: string;
  readonly commits: Commits;
  readonly verdict: "refused" | "emergency" | "warned" | "changed" | "unchanged";
  readonly changes: readonly string[];
  readonly findings: readonly Finding[];
  readonly trust: readonly TrustRow[];
  readonly picture: string | undefined;
  readonly stacks: readonly AffectedStack[];
  /** What explains the differences; undefined for the first commit, with which there is nothing to compare. */
  readonly accounts: Omit<Accounts, "findings"> | undefined;
  /** What to see to around the deploy. */
  readonly steps: readonly string[];
}

const LEVELS: readonly Level[] = ["error", "warning"];

/** @param head must have a mesh */
export function reviewOf(asItWas: Checkout, head: Checkout, commits: Commits, failOn: Level): Review {
  const mesh = head.mesh!;
  const renames = renamesOf(asItWas.mesh, mesh);
  const base = withNewNames(asItWas, renames);
  const changes = clusterChanges(base.mesh, mesh);
  const [before, after] = [
    new VaultSide(base.stacks, base.mesh?.clusters ?? []),
    new VaultSide(head.stacks, mesh.clusters),
  ];
  const readers = keyReaders(before, after, mesh.clusters);
  const staying = new Set(mesh.clusters.map(({ name }) => name));
  const removed = (base.mesh?.clusters ?? []).filter(({ name }) => !staying.has(name));
  const told = [
    ...changeFindings(base.mesh ?? { roots: [], clusters: [] }, mesh),
    ...leafFindings(base.mesh?.clusters ?? [], mesh.clusters),
    ...renewalFindings(base.mesh?.clusters ?? [], mesh.clusters),
    ...revisionFindings(base.mesh?.clusters ?? [], mesh.clusters),
    ...trustDomainFindings(base.mesh, mesh),
    ...revocationFindings(base.mesh, mesh),
    ...foreignCode(head.stacks, mesh),
    ...newFaults(base, head),
    ...renameFindings(renames, asItWas.mesh, mesh),
    ...deletedFindings(asItWas.mesh, mesh, renames),
    ...vaultElsewhereFindings(base.mesh, mesh),
    ...sharedTargets(base.stacks, head.stacks),
    ...projectFindings(base, head),
    ...disagreements(base, head),
    ...servingFindings(base.stacks, head.stacks, mesh),
    ...destroyedFindings(
      destroyed(base.stacks, head.stacks),
      removed.map(({ nameInVault }) => nameInVault),
    ),
    ...accessFindings(before, after, readers),
    ...failClosedFindings(base.stacks, head.stacks, mesh),
    ...changedTargets(
      base.stacks,
      head.stacks,
      likeStacks(base.stacks, head.stacks, clustersOf(base.mesh, mesh)),
    ),
    ...keysInStateFindings(base.stacks, head.stacks),
    ...movedStateFindings(base.stacks, head.stacks),
    ...movedObjectFindings(base.stacks, head.stacks),
    ...replicaFindings(base.stacks, head.stacks),
  ];
  const accounts =
    base.mesh && accountFor({ base: base.stacks, head: head.stacks, baseMesh: base.mesh, mesh }, told);
  const findings = [...told, ...(accounts?.findings ?? [])].sort(
    (one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level),
  );
  const stacks = affectedStacks(asItWas.stacks, head.stacks);
  return {
    meshId: shown(mesh.id),
    commits,
    verdict: verdict(findings, stacks, failOn),
    changes: changesInWords(changes),
    findings,
    trust: trustTable(changes, readers, commits.base.slice(0, 7)),
    picture: picture(changes),
    stacks,
    accounts: accounts && {
      differences: accounts.differences,
      explained: accounts.explained,
      unexplained: accounts.unexplained,
    },
    steps: [...steps(base.mesh, mesh), ...revisionSteps(base.mesh?.clusters ?? [], mesh.clusters)],
  };
}

function verdict(
  findings: readonly Finding[],
  stacks: readonly AffectedStack[],
  failOn: Level,
): Review["verdict"] {
  if (isRefused(findings, failOn)) return "refused";
  if (findings.some(({ rule }) => rule === rules.emergencyBreaks.id)) return "emergency";
  if (findings.length > 0) return "warned";
  return stacks.length > 0 ? "changed" : "unchanged";
}

/** Whether a finding is at least as bad as what is asked to fail on. */
export function isRefused(findings: readonly Finding[], failOn: Level): boolean {
  return findings.some(({ level }) => LEVELS.indexOf(level) <= LEVELS.indexOf(failOn));
}

/** What the change needs of the mesh that serves, which no commit can show. */
function steps(base: Mesh | undefined, head: Mesh): string[] {
  if (!base) return [];
  const before = new Map(base.clusters.map(({ name, trust }) => [name, trust]));
  const bundles = (mesh: Mesh) => new Set(mesh.clusters.flatMap(({ trust }) => trust.bundle));
  const switched = head.clusters.flatMap(({ name, trust }) => {
    const was = before.get(name)?.signing;
    return was !== undefined && was !== trust.signing ? [{ name, was, is: trust.signing }] : [];
  });
  const issued = head.clusters
    .filter(({ intermediates }) => intermediates.issuance === "external")
    .map(({ name }) => name)
    .filter((name) => switched.some((cluster) => cluster.name === name));
  const lifetime = longestLeafLifetime(head.clusters);
  const added = new Set(switched.map(({ is }) => is));
  const given = new Set(switched.map(({ was }) => was));
  const dropped = [...bundles(base)].filter((root) => !bundles(head).has(root));
  return [
    ...[...added].map(
      (root) =>
        `Before the deploy: "istio-vault status --gate" must say that root ${root} is live in every cluster`,
    ),
    ...(issued.length > 0
      ? [
          `After the deploy of 'vault-*': "istio-vault issue --due" issues the intermediates of ${nameList(issued)} under their new root`,
        ]
      : []),
    ...[...given].map(
      (root) =>
        `After the deploy: leaves under root ${root} stay in use for up to ${lifetime}; do not drop it before`,
    ),
    ...requested(base, head),
    ...dropped.map(
      (root) =>
        `Before the deploy: "istio-vault status --gate" must say that no leaf under root ${root} is left`,
    ),
  ];
}

/** A proxy requests what its pod was given when it was injected. */
function requested(base: Mesh, head: Mesh): string[] {
  const before = new Map(base.clusters.map(({ name, leafLifetime }) => [name, `${leafLifetime}`]));
  const changed = head.clusters.filter(({ name, leafLifetime }) => {
    const was = before.get(name);
    return was !== undefined && was !== `${leafLifetime}`;
  });
  return [...groupBy(changed, ({ leafLifetime }) => `${leafLifetime}`)].map(
    ([lifetime, clusters]) =>
      `After the deploy of ${nameList(clusters.map(({ name }) => name))}: a proxy requests certificates of ${lifetime} once its pod has been replaced, gateways included (docs/leaf-lifetime.md)`,
  );
}
