import type { ClusterConfig, IntermediateConfig } from "../../config/mesh";
import { type Alert, MINUTE } from "./alert";
import { alike, type Scope } from "./scope";
import { CALL_AT, intermediateLeft, patience } from "./thresholds";

/** What istiod counts itself, at :15014/metrics. Its counters have no suffix `_total`. */
const UNTIL = "citadel_server_cert_chain_expiry_timestamp";
const REQUESTS = "citadel_server_csr_count";
const SIGNING_ERRORS = "citadel_server_csr_sign_err_count";
const UNAUTHENTICATED = "citadel_server_authentication_failure_count";

export function istiodAlerts(scope: Scope): Alert[] {
  return [
    ...intermediateEnds(scope),
    {
      name: "IstiodSigningErrors",
      expr: share(scope, SIGNING_ERRORS, 0.05),
      forSeconds: 10 * MINUTE,
      severity: "critical",
      summary: `istiod of ${scope.place} fails to sign workloads`,
      description:
        "{{ $value | humanizePercentage }} of the requests for a certificate end in an error of istiod's CA. Workloads have theirs for at most a day.",
    },
    {
      name: "IstiodRefusesWorkloads",
      expr: share(scope, UNAUTHENTICATED, 0.2),
      forSeconds: 15 * MINUTE,
      severity: "warning",
      summary: `istiod of ${scope.place} does not believe workloads who they are`,
      description:
        "{{ $value | humanizePercentage }} of the requests for a certificate carry a token that istiod does not accept.",
    },
    ...scope.clusters.map((cluster): Alert => {
      const of = scope.within([cluster]);
      return {
        name: "IstiodMetricsAbsent",
        cluster: cluster.name,
        expr: `absent(${of(UNTIL)})`,
        forSeconds: 10 * MINUTE,
        severity: "critical",
        summary: `No istiod of ${cluster.name} tells how long its CA lasts`,
        description: "No istiod runs, or none is scraped: nothing else that istiod tells can raise an alert.",
      };
    }),
  ];
}

const RENEWAL: Readonly<Record<IntermediateConfig["issuance"], string>> = {
  external: "Its issuer should have renewed it.",
  terraform: "Renew it by a change: raise intermediates.generation, deploy vault-root.",
};

/** One rule for all clusters, each by its own lifetime. */
function intermediateEnds(scope: Scope): Alert[] {
  const issuances = [...new Set(scope.clusters.map(({ intermediates }) => intermediates.issuance))];
  const renewal = issuances.map((issuance) =>
    issuances.length === 1 ? RENEWAL[issuance] : `(issuance: ${issuance}) ${RENEWAL[issuance]}`,
  );
  return (["warning", "critical"] as const).map((severity) => {
    const limit = ({ intermediates }: ClusterConfig) =>
      Math.floor(intermediateLeft(intermediates) * (severity === "critical" ? CALL_AT : 1));
    const groups = alike(scope.clusters, limit);
    const left = groups.map(
      (clusters) => `${scope.by("min")} (${scope.within(clusters)(UNTIL)}) - time() < ${limit(clusters[0])}`,
    );
    return {
      name: "IstioIntermediateEnds",
      expr: left.join(" or "),
      forSeconds: patience(Math.min(...scope.clusters.map(limit))),
      severity,
      summary: `The intermediate of ${scope.place} ends in {{ $value | humanizeDuration }}`,
      description: `When it ends, no workload of the cluster has a certificate any more. ${renewal.join(" ")}`,
    };
  });
}

/** Errors among all requests, so that a single one among thousands calls nobody. */
function share(scope: Scope, errors: string, limit: number): string {
  const of = scope.within(scope.clusters);
  const rate = (metric: string) => `${scope.by("sum")} (rate(${of(metric)}[15m]))`;
  return `${rate(errors)} / ${rate(REQUESTS)} > ${limit}`;
}
