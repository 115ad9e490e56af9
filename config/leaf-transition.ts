import type { Duration } from "../lib";
import { groupBy } from "../lib/private/group-by";
import { nameList } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import { longest } from "./longest";
import type { ClusterConfig } from "./mesh";
import { rules } from "./rules";

/**
 * The rules of the leaves' lifetime that need the past. A proxy requests what was said when it was injected, until its
 * pod is replaced; istiod signs for what is said now, and refuses a longer request. So istiod's maximum is lowered
 * after the proxies' lifetime, and raised before it.
 */

/** What of a cluster decides that. A `ClusterConfig` is one. */
export type LeafCluster = Pick<ClusterConfig, "name" | "leafLifetime" | "maxLeafLifetime">;

/** What of a cluster decides whether a renewal of its leaves serves. A `ClusterConfig` is one. */
export type RenewedCluster = Pick<ClusterConfig, "name" | "leafGeneration" | "trust" | "intermediates">;

export function leafFindings(base: readonly LeafCluster[], head: readonly LeafCluster[]): Finding[] {
  const earlier = new Map(base.map((cluster) => [cluster.name, cluster]));
  const found = head.flatMap(({ name, leafLifetime, maxLeafLifetime }) => {
    const was = earlier.get(name);
    if (!was) return [];
    return [
      ...(was.leafLifetime.isLongerThan(maxLeafLifetime)
        ? [{ name, rule: rules.leafMaximumTooEarly, asked: was.leafLifetime, most: maxLeafLifetime }]
        : []),
      ...(leafLifetime.isLongerThan(was.maxLeafLifetime)
        ? [{ name, rule: rules.leafMaximumTooLate, asked: leafLifetime, most: was.maxLeafLifetime }]
        : []),
    ];
  });
  const alike = groupBy(found, ({ rule, asked, most }) => `${rule.id} ${asked} ${most}`);
  return [...alike.values()].map((group) => {
    const [{ rule, asked, most }] = group;
    return rule(nameList(group.map(({ name }) => name)), `${asked}`, `${most}`);
  });
}

/** How long a leaf of any of these clusters, of which there is one, lives at most. */
export function longestLeafLifetime(clusters: readonly LeafCluster[]): Duration {
  return longest(clusters.map(({ maxLeafLifetime }) => maxLeafLifetime));
}

/** Leaves that a change would not renew, or too early. */
export function renewalFindings(base: readonly RenewedCluster[], head: readonly RenewedCluster[]): Finding[] {
  const earlier = new Map(base.map((cluster) => [cluster.name, cluster]));
  const changed = head.flatMap((cluster) => {
    const was = earlier.get(cluster.name);
    return was && was.leafGeneration !== cluster.leafGeneration ? [{ was, is: cluster }] : [];
  });
  const skipped = changed.filter(({ was, is }) => Math.abs(is.leafGeneration - was.leafGeneration) > 1);
  const early = changed.filter(({ was, is }) => signerOf(was) !== signerOf(is)).map(({ is }) => is.name);
  return [
    ...[...groupBy(skipped, ({ was, is }) => `${was.leafGeneration} ${is.leafGeneration}`).values()].map(
      (group) => {
        const [{ was, is }] = group;
        const clusters = nameList(group.map((one) => one.is.name));
        return rules.leafGenerationSkipped(clusters, was.leafGeneration, is.leafGeneration);
      },
    ),
    ...(early.length > 0 ? [rules.leavesRenewedTooEarly(nameList(early))] : []),
  ];
}

function signerOf({ trust, intermediates }: RenewedCluster): string {
  return `${trust.signing} ${"generation" in intermediates ? intermediates.generation : ""}`;
}
