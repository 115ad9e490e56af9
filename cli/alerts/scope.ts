import type { ClusterConfig, Mesh } from "../../config/mesh";

/**
 * Where rules are evaluated: in one Prometheus that sees all clusters and tells them apart by the label
 * `cluster`, or in one cluster's own, whose series have no such label.
 */
export class Scope {
  /** @param own the cluster whose own Prometheus it is */
  constructor(
    private readonly mesh: Mesh,
    private readonly own: ClusterConfig | undefined,
  ) {}

  public get meshId(): string {
    return this.mesh.id;
  }

  public get clusters(): readonly ClusterConfig[] {
    return this.own ? [this.own] : this.mesh.clusters;
  }

  /** Whether istiods hand out revocation lists. */
  public get servesLists(): boolean {
    return this.mesh.revocation?.lists === "served";
  }

  /** For each root that signs, all clusters whose intermediates are under it. */
  public get signedBy(): ReadonlyMap<string, readonly ClusterConfig[]> {
    const groups = grouped(this.mesh.clusters, ({ trust }) => trust.signing);
    return new Map(groups.map((clusters) => [clusters[0].trust.signing, clusters]));
  }

  /** Labels that the series of the alerts do not have. */
  public get labels(): Readonly<Record<string, string>> {
    return { mesh: this.mesh.id, ...(this.own && { cluster: this.own.name }) };
  }

  /** The cluster an alert is about, in its texts. */
  public get place(): string {
    return this.own ? this.own.name : "{{ $labels.cluster }}";
  }

  /** Aggregates over several pods, `sum by (cluster)`; `labels` are kept as well. */
  public by(operator: string, ...labels: readonly string[]): string {
    const kept = this.own ? labels : ["cluster", ...labels];
    return kept.length === 0 ? operator : `${operator} by (${kept.join(", ")})`;
  }

  /** Series that are scraped within these clusters: `metric{cluster=~"a|b",job="x"}`. */
  public within(
    clusters: readonly ClusterConfig[],
  ): (metric: string, ...matchers: readonly string[]) => string {
    return (metric, ...matchers) => selector(metric, [...(this.own ? [] : [named(clusters)]), ...matchers]);
  }

  /** Series of `istio-vault status`, which have labels for mesh and cluster. */
  public fromStatus(
    clusters: readonly ClusterConfig[],
  ): (metric: string, ...matchers: readonly string[]) => string {
    return (metric, ...matchers) => selector(metric, [this.ofMesh, named(clusters), ...matchers]);
  }

  public get ofMesh(): string {
    return `mesh=${JSON.stringify(this.mesh.id)}`;
  }
}

/** Clusters grouped by a value. */
export function grouped(
  clusters: readonly ClusterConfig[],
  key: (cluster: ClusterConfig) => string | number,
): readonly (readonly ClusterConfig[])[] {
  const groups = new Map<string | number, ClusterConfig[]>();
  for (const cluster of clusters) {
    const group = groups.get(key(cluster));
    if (group) group.push(cluster);
    else groups.set(key(cluster), [cluster]);
  }
  return [...groups.values()];
}

export function selector(metric: string, matchers: readonly string[]): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(",")}}`;
}

function named(clusters: readonly ClusterConfig[]): string {
  const names = clusters.map(({ name }) => name);
  return names.length === 1 ? `cluster="${names[0]}"` : `cluster=~"${names.join("|")}"`;
}
