import type { ClusterConfig, GatewayConfig, IntermediateConfig } from "../../config/mesh";
import { DEFAULT_REVISION } from "../../lib/names";
import type { Finding } from "../../lib/rules";
import { groupBy } from "../../lib/private/group-by";
import type { ClusterView, IstiodView } from "../status/view";
import type { ReportFacts } from "./facts";
import { findingsOf } from "./findings";

export type State = "declared" | "well" | "warning" | "error" | "unknown";

/** From the worst on. */
const STATES: readonly State[] = ["error", "unknown", "warning", "well", "declared"];

export type Intermediate = NonNullable<IstiodView["intermediate"]>;

/** What is shown of a cluster. */
export interface ReportedCluster {
  readonly name: string;
  readonly state: State;
  readonly findings: readonly Finding[];
  /** The root it signs with and those it trusts, as declared. */
  readonly trust: ClusterConfig["trust"];
  /** The same as it runs, undefined where that is unknown; undefined as a whole where it was not asked. */
  readonly runs:
    | {
        readonly signing: string | undefined;
        readonly bundle: readonly string[] | undefined;
        /** Whether every proxy has a leaf of the intermediate that it signs with. */
        readonly renewed: boolean | undefined;
      }
    | undefined;
  /** What its istiods sign with; several where they differ. */
  readonly intermediates: readonly Intermediate[];
  readonly declared: IntermediateConfig;
  readonly revisions: readonly string[];
  readonly gateways: readonly {
    readonly name: string;
    readonly certificate: GatewayConfig["certificate"]["source"];
  }[];
  readonly unreachable: string | undefined;
}

export function reportedClusters(facts: ReportFacts): ReportedCluster[] {
  const views = new Map(facts.status?.clusters.map((view) => [view.cluster, view]));
  const found = groupBy(findingsOf(facts), ({ cluster }) => cluster ?? "");
  return facts.mesh.clusters.map((cluster): ReportedCluster => {
    const view = views.get(cluster.name);
    const findings = found.get(cluster.name) ?? [];
    const intermediates = view ? intermediatesOf(view) : [];
    const roots = [...new Set(intermediates.map(({ root }) => root))];
    return {
      name: cluster.name,
      state: worst([
        ...findings.map(({ level, unknown }): State => (unknown ? "unknown" : level)),
        view ? "well" : "declared",
      ]),
      findings,
      trust: cluster.trust,
      runs: view && {
        signing: roots.length === 1 ? roots[0] : undefined,
        bundle: view.published,
        renewed: view.renewed,
      },
      intermediates,
      declared: cluster.intermediates,
      revisions: cluster.istio.revisions.map(revisionText),
      gateways: cluster.gateways.map(({ name, certificate }) => ({ name, certificate: certificate.source })),
      unreachable: view?.unreachable,
    };
  });
}

function revisionText({ name, version }: ClusterConfig["istio"]["revisions"][number]): string {
  return name === DEFAULT_REVISION ? version : `${version} (revision ${name})`;
}

/** Those that differ. */
function intermediatesOf({ istiods }: ClusterView): Intermediate[] {
  const all = istiods.flatMap(({ intermediate }) => intermediate ?? []);
  return [...new Map(all.map((intermediate) => [intermediate.sha256, intermediate])).values()];
}

function worst(states: readonly State[]): State {
  return STATES.find((state) => states.includes(state))!;
}

export function byUrgency(clusters: readonly ReportedCluster[]): ReportedCluster[] {
  return [...clusters].sort((one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state));
}

/** As many clusters are shown one by one; of more, those that are alike are one. */
export const ONE_BY_ONE = 24;

/** Clusters of which the same is to be said. */
export function alike(clusters: readonly ReportedCluster[], total: number): ReportedCluster[][] {
  if (total <= ONE_BY_ONE) return clusters.map((cluster) => [cluster]);
  const groups = groupBy(clusters, ({ name: _, intermediates: __, findings, ...rest }) =>
    JSON.stringify({ ...rest, findings: findings.map(({ rule }) => rule) }),
  );
  return [...groups.values()];
}
