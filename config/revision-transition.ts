import { DEFAULT_REVISION } from "../lib";
import { nameList } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import type { IstioConfig } from "./mesh";
import { rules } from "./rules";

/**
 * The rules of revisions that need the past: whether somebody injects, and every proxy keeps its istiod, while
 * a mesh goes from one state to the next. An emergency waives none of them.
 */

/** What of a cluster decides that. A `ClusterConfig` is one. */
export interface RevisionedCluster {
  readonly name: string;
  readonly istio: Pick<IstioConfig, "defaultRevision"> & {
    readonly revisions: readonly { readonly name: string }[];
  };
}

/** What changes of a cluster's revisions. */
export interface RevisionChange {
  readonly cluster: string;
  readonly listed: readonly string[];
  readonly removed: readonly string[];
  /** The default before and after, where another is promoted. */
  readonly promotion: { readonly from: string; readonly to: string } | undefined;
}

/** Of the clusters that there were before. */
export function revisionChanges(
  base: readonly RevisionedCluster[],
  head: readonly RevisionedCluster[],
): RevisionChange[] {
  const earlier = new Map(base.map((cluster) => [cluster.name, cluster.istio]));
  return head.flatMap(({ name, istio }) => {
    const was = earlier.get(name);
    if (!was) return [];
    const [before, after] = [was, istio].map(({ revisions }) => revisions.map((revision) => revision.name));
    const [from, to] = [was.defaultRevision, istio.defaultRevision];
    return [
      {
        cluster: name,
        listed: after.filter((revision) => !before.includes(revision)),
        removed: before.filter((revision) => !after.includes(revision)),
        promotion: from === to ? undefined : { from, to },
      },
    ];
  });
}

export function revisionFindings(
  base: readonly RevisionedCluster[],
  head: readonly RevisionedCluster[],
): Finding[] {
  const changes = revisionChanges(base, head);
  return [
    ...groupByFacts(changes, ({ listed, promotion }) =>
      promotion && listed.includes(promotion.to) ? [[promotion.to]] : [],
    ).map(({ facts: [revision], clusters }) =>
      rules.revisionPromotedUnlisted(revisionText(revision), nameList(clusters)),
    ),
    ...groupByFacts(changes, ({ removed, promotion }) =>
      promotion && removed.includes(promotion.from) ? [[promotion.from]] : [],
    ).map(({ facts: [revision], clusters }) =>
      rules.defaultRevisionRemoved(revisionText(revision), nameList(clusters)),
    ),
    ...groupByFacts(changes, ({ removed, promotion }) =>
      promotion
        ? removed
            .filter((revision) => revision !== promotion.from)
            .map((revision) => [promotion.to, revision])
        : [],
    ).map(({ facts: [promoted, removed], clusters }) =>
      rules.promotedAndRemoved(revisionText(promoted), revisionText(removed), nameList(clusters)),
    ),
  ];
}

/** A revision's name for a sentence. */
export function revisionText(revision: string): string {
  return revision === DEFAULT_REVISION ? "the istiod without a revision" : `revision ${revision}`;
}

/** Facts of single changes, each with all clusters it holds for. */
export function groupByFacts(
  changes: readonly RevisionChange[],
  factsOf: (change: RevisionChange) => readonly (readonly string[])[],
): { readonly facts: readonly string[]; readonly clusters: readonly string[] }[] {
  const groups = new Map<string, { facts: readonly string[]; clusters: string[] }>();
  for (const change of changes) {
    for (const facts of factsOf(change)) {
      const group = groups.get(facts.join(" "));
      if (group) group.clusters.push(change.cluster);
      else groups.set(facts.join(" "), { facts, clusters: [change.cluster] });
    }
  }
  return [...groups.values()];
}
