import type { ClusterConfig } from "../../config/mesh";
import { METRICS } from "../status/metrics";
import { type Alert, DAY, HOUR, MINUTE } from "./alert";
import { type Scope, selector } from "./scope";
import {
  behindVault,
  CHECK_SECONDS,
  LIST_LEFT,
  OVERDUE_LEFT,
  PAGE_AT,
  patience,
  ROOT_PAGE_LEFT,
  ROOT_LEFT,
  signingRootLeft,
  STALE_SECONDS,
} from "./thresholds";
import { rules } from "../status/rules";

/** Findings that other alerts cover. */
const ELSEWHERE = [
  rules.notYetServed.id,
  rules.notServed.id,
  rules.intermediateExpires.id,
  rules.rootExpires.id,
  rules.answersAnotherBundle.id,
  rules.proxiesBehind.id,
  rules.proxiesUnseen.id,
  rules.listEndsSoon.id,
];

/** Metrics of istio-vault status -o prometheus, which neither istiod nor Vault has. */
export function statusAlerts(scope: Scope): Alert[] {
  const external = scope.clusters.filter(({ intermediates }) => intermediates.issuance === "external");
  return [
    ...rootExpires(scope),
    ...(external.length > 0 ? [issuerOverdue(scope, external)] : []),
    istiodBehindVault(scope),
    istiodsApart(scope),
    proxiesBehind(scope),
    ...(scope.servesLists ? listExpires(scope) : []),
    ...findings(scope),
    {
      name: "IstioStatusStale",
      expr: `time() - max(${ofMesh(scope, METRICS.checkedAt)}) > ${STALE_SECONDS} or absent(${ofMesh(scope, METRICS.checkedAt)})`,
      forSeconds: CHECK_SECONDS,
      severity: "warning",
      summary: `istio-vault status has not checked mesh ${scope.meshId}`,
      description: "Its metrics are stale, and alerts on them are blind.",
    },
  ];
}

function rootExpires(scope: Scope): Alert[] {
  const { rootFrom, rootUntil } = METRICS;
  const of = scope.fromStatus(scope.clusters);
  const left = (...matchers: string[]) =>
    `${scope.by("min", "root")} (${of(rootUntil, ...matchers)}) - time()`;
  const lifetime = `${scope.by("max", "root")} (${of(rootUntil)} - ${of(rootFrom)})`;
  const signing = [...scope.signedBy].map(
    ([root, clusters]) => `${left(`root="${root}"`)} < ${signingRootLeft(clusters)}`,
  );
  const texts = {
    summary: `Root {{ $labels.root }} in the bundle of ${scope.place} expires in {{ $value | humanizeDuration }}`,
    description: "All intermediates and certificates under it expire with it. Rotate to a new root.",
  };
  return [
    {
      name: "IstioRootEnds",
      expr: [`${left()} < ${ROOT_LEFT} * ${lifetime}`, ...signing].join(" or "),
      forSeconds: HOUR,
      severity: "warning",
      ...texts,
    },
    {
      name: "IstioRootEnds",
      expr: `${left()} < ${ROOT_PAGE_LEFT}`,
      forSeconds: HOUR,
      severity: "critical",
      ...texts,
    },
  ];
}

function issuerOverdue(scope: Scope, clusters: readonly ClusterConfig[]): Alert {
  const { storedFrom, storedUntil } = METRICS;
  const of = scope.fromStatus(clusters);
  const shortest = Math.min(...clusters.map(({ intermediates }) => intermediates.validFor.toSeconds()));
  return {
    name: "IstioIssuerOverdue",
    expr: `${scope.by("max")} ((${of(storedUntil)} - time()) / (${of(storedUntil)} - ${of(storedFrom)})) < ${OVERDUE_LEFT}`,
    forSeconds: patience(shortest * OVERDUE_LEFT),
    severity: "warning",
    summary: `The issuer has not renewed the intermediate of ${scope.place}`,
    description:
      "The intermediate in Vault has {{ $value | humanizePercentage }} of its lifetime left; istio-vault issue --due renews it at a third.",
  };
}

/** Where nothing else is wrong, a list ends with its intermediate, and after its root. */
function listExpires(scope: Scope): Alert[] {
  const of = scope.fromStatus(scope.clusters);
  const { listFrom, listUntil } = METRICS;
  const earliest = (what: string) => `${scope.by("min", "authority")} (${what})`;
  const left = earliest(`${of(listUntil)} - time()`);
  const share = earliest(`(${of(listUntil)} - time()) / (${of(listUntil)} - ${of(listFrom)})`);
  const shortest = Math.min(...scope.clusters.map(({ intermediates }) => intermediates.validFor.toSeconds()));
  return (["warning", "critical"] as const).map((severity) => {
    const part = severity === "critical" ? PAGE_AT : 1;
    return {
      name: "IstioRevocationListEnds",
      expr: `${left} < ${LIST_LEFT.atMost * part} and ${share} < ${LIST_LEFT.share * part}`,
      forSeconds: patience(shortest * LIST_LEFT.share * part),
      severity,
      summary: `The revocation list of the {{ $labels.authority }} expires in ${scope.place} in {{ $value | humanizeDuration }}`,
      description:
        "From that second on, all proxies of the cluster refuse every connection under that CA, whether or not anything was revoked.",
    };
  });
}

function istiodBehindVault(scope: Scope): Alert {
  const of = scope.fromStatus(scope.clusters);
  const arrived = [METRICS.storedServed, METRICS.bundlePublished];
  return {
    name: "IstiodBehindVault",
    expr: arrived.map((metric) => `${scope.by("min")} (${of(metric)}) == 0`).join(" or "),
    forSeconds: Math.max(...scope.clusters.map(behindVault)),
    severity: "warning",
    summary: `istiod of ${scope.place} does not serve what is in Vault`,
    description:
      "An intermediate or bundle in Vault has not reached istiod: Vault Agent does not render it, or istiod rejects it.",
  };
}

/** Longer than they are at a change of the bundle. */
function istiodsApart(scope: Scope): Alert {
  const of = scope.fromStatus(scope.clusters);
  return {
    name: "IstiodsApart",
    expr: `${scope.by("max")} (${of(METRICS.istiodsApart)}) == 1`,
    forSeconds: 2 * CHECK_SECONDS,
    severity: "critical",
    summary: `istiods of ${scope.place} have different bundles`,
    description:
      "They overwrite each other's webhooks hundreds of times a second, which its API server feels; and proxies get the bundle of one and their certificate from another.",
  };
}

function proxiesBehind(scope: Scope): Alert {
  const of = scope.fromStatus(scope.clusters);
  return {
    name: "IstioProxiesBehind",
    expr: `${scope.by("max")} (${of(METRICS.proxies)} - ${of(METRICS.proxiesCurrent)}) > 0`,
    forSeconds: HOUR,
    severity: "warning",
    summary: `{{ $value }} proxies of ${scope.place} are not seen to have the bundle`,
    description:
      "They are connected to no istiod, or were injected without the push of bundles. A rotation has to wait for their certificates to expire.",
  };
}

function findings(scope: Scope): Alert[] {
  const finding = (...matchers: string[]) =>
    `max by (cluster, rule) (${ofMesh(scope, METRICS.finding, ...matchers)}) == 1`;
  const others = `rule!~"${ELSEWHERE.join("|")}"`;
  const place = `{{ with $labels.cluster }}{{ . }}{{ else }}the mesh{{ end }}`;
  const page = "docs/rules.md#{{ $labels.rule | toLower }}";
  const fault = {
    name: "IstioMeshFault",
    summary: `istio-vault status finds {{ $labels.rule }} in ${place}`,
    description: `${page} explains it; istio-vault status prints the whole finding.`,
  };
  return [
    {
      ...fault,
      expr: finding(`kind="fault"`, `level="error"`, others),
      forSeconds: 3 * CHECK_SECONDS,
      severity: "critical",
    },
    {
      ...fault,
      expr: finding(`kind="fault"`, `level="warning"`, others),
      forSeconds: HOUR,
      severity: "warning",
    },
    {
      name: "IstioMeshDrifts",
      expr: finding(`kind="drift"`),
      forSeconds: DAY,
      severity: "warning",
      summary: `${place} differs from mesh.yaml ({{ $labels.rule }})`,
      description: `A change was merged a day ago and not deployed, or something else was deployed. See ${page}.`,
    },
    {
      name: "IstioMeshNotSeen",
      expr: finding(`kind="unknown"`),
      forSeconds: 30 * MINUTE,
      severity: "warning",
      summary: `istio-vault status cannot check ${place} ({{ $labels.rule }})`,
      description: `No alert can fire on what it cannot see. See ${page}.`,
    },
  ];
}

/** Series of the mesh, in a cluster's own Prometheus without those of the other clusters. */
function ofMesh(scope: Scope, metric: string, ...matchers: readonly string[]): string {
  const { cluster } = scope.labels;
  const own = cluster === undefined ? [] : [`cluster=~"${cluster}|"`];
  return selector(metric, [scope.ofMesh, ...own, ...matchers]);
}
