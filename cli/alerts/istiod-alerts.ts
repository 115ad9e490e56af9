import type { ClusterConfig, IntermediateConfig } from "../../config/mesh";
import { type Alert, MINUTE } from "./alert";
import { ISTIOD } from "./metrics";
import { grouped, type Scope } from "./scope";
import { PAGE_AT, intermediateLeft, patience } from "./thresholds";

export function istiodAlerts(scope: Scope): Alert[] {
  return [
    ...intermediateExpires(scope),
    {
      name: "IstiodSigningErrors",
      expr: share(scope, ISTIOD.signingErrors, 0.05),
      forSeconds: 10 * MINUTE,
      severity: "critical",
      summary: `istiod of ${scope.place} fails to sign workloads`,
      description:
        "{{ $value | humanizePercentage }} of certificate requests fail in istiod's CA. Workload certificates expire within a day.",
    },
    {
      name: "IstiodRefusesWorkloads",
      expr: share(scope, ISTIOD.unauthenticated, 0.2),
      forSeconds: 15 * MINUTE,
      severity: "warning",
      summary: `istiod of ${scope.place} rejects the tokens of workloads`,
      description:
        "{{ $value | humanizePercentage }} of certificate requests have a token that istiod does not accept.",
    },
    ...scope.clusters.map((cluster): Alert => {
      const of = scope.within([cluster]);
      return {
        name: "IstiodMetricsAbsent",
        cluster: cluster.name,
        expr: `absent(${of(ISTIOD.intermediateUntil)})`,
        forSeconds: 10 * MINUTE,
        severity: "critical",
        summary: `No metrics from istiod of ${cluster.name}`,
        description: "No istiod runs, or none is scraped: no other alert on istiod's metrics can fire.",
      };
    }),
  ];
}

const RENEWAL: Readonly<Record<IntermediateConfig["issuance"], string>> = {
  deploy: "To renew it, raise intermediates.generation and deploy its Vault stack.",
  external: "Its issuer should have renewed it.",
  terraform: "To renew it, raise intermediates.generation and deploy its Vault stack.",
};

/** One rule for all clusters, each by its own lifetime. */
function intermediateExpires(scope: Scope): Alert[] {
  const issuances = [...new Set(scope.clusters.map(({ intermediates }) => intermediates.issuance))];
  const renewal = issuances.map((issuance) =>
    issuances.length === 1 ? RENEWAL[issuance] : `(issuance: ${issuance}) ${RENEWAL[issuance]}`,
  );
  return (["warning", "critical"] as const).map((severity) => {
    const limit = ({ intermediates }: ClusterConfig) =>
      Math.floor(intermediateLeft(intermediates) * (severity === "critical" ? PAGE_AT : 1));
    const groups = grouped(scope.clusters, limit);
    const left = groups.map(
      (clusters) =>
        `${scope.by("min")} (${scope.within(clusters)(ISTIOD.intermediateUntil)}) - time() < ${limit(clusters[0])}`,
    );
    return {
      name: "IstioIntermediateEnds",
      expr: left.join(" or "),
      forSeconds: patience(Math.min(...scope.clusters.map(limit))),
      severity,
      summary: `The intermediate of ${scope.place} expires in {{ $value | humanizeDuration }}`,
      description: `When it expires, no workload of the cluster has a valid certificate. ${renewal.join(" ")}`,
    };
  });
}

/** Errors as a share of all requests, so that a single one among thousands does not fire. */
function share(scope: Scope, errors: string, limit: number): string {
  const of = scope.within(scope.clusters);
  const rate = (metric: string) => `${scope.by("sum")} (rate(${of(metric)}[15m]))`;
  return `${rate(errors)} / ${rate(ISTIOD.requests)} > ${limit}`;
}
