import type { Duration } from "../lib";
import { nameList } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import type { ClusterConfig } from "./mesh";
import { rules } from "./rules";

/**
 * The rules of the leaves' lifetime that need the past. A proxy requests what was said when it was injected, until its
 * pod is replaced; istiod signs for what is said now, and refuses a longer request. So istiod's maximum is lowered
 * after the proxies' lifetime, and raised before it.
 */

/** What of a cluster decides that. A `ClusterConfig` is one. */
export type LeafCluster = Pick<ClusterConfig, "name" | "leafLifetime" | "maxLeafLifetime">;

export function leafFindings(base: readonly LeafCluster[], head: readonly LeafCluster[]): Finding[] {
  const earlier = new Map(base.map((cluster) => [cluster.name, cluster]));
  const groups = new Map<string, { clusters: string[]; finding: (clusters: string) => Finding }>();
  const add = (name: string, rule: typeof rules.leafMaximumTooEarly, asked: string, most: string) => {
    const key = `${rule.id} ${asked} ${most}`;
    const group = groups.get(key);
    if (group) group.clusters.push(name);
    else groups.set(key, { clusters: [name], finding: (clusters) => rule(clusters, asked, most) });
  };
  for (const { name, leafLifetime, maxLeafLifetime } of head) {
    const was = earlier.get(name);
    if (!was) continue;
    if (was.leafLifetime.isLongerThan(maxLeafLifetime)) {
      add(name, rules.leafMaximumTooEarly, `${was.leafLifetime}`, `${maxLeafLifetime}`);
    }
    if (leafLifetime.isLongerThan(was.maxLeafLifetime)) {
      add(name, rules.leafMaximumTooLate, `${leafLifetime}`, `${was.maxLeafLifetime}`);
    }
  }
  return [...groups.values()].map(({ clusters, finding }) => finding(nameList(clusters)));
}

/** How long a leaf of any of these clusters, of which there is one, lives at most. */
export function longestLeafLifetime(clusters: readonly LeafCluster[]): Duration {
  return clusters
    .map(({ maxLeafLifetime }) => maxLeafLifetime)
    .reduce((longest, lifetime) => (lifetime.isLongerThan(longest) ? lifetime : longest));
}
