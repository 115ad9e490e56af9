import type { ClusterConfig } from "../../config/mesh";
import { METRICS } from "../status/metrics";
import { type Alert, DAY, HOUR, MINUTE } from "./alert";
import { type Scope, selector } from "./scope";
import {
  behindVault,
  LOOK_SECONDS,
  OVERDUE_LEFT,
  patience,
  ROOT_CALL_LEFT,
  ROOT_LEFT,
  signingRootLeft,
} from "./thresholds";
import { rules } from "../status/rules";

/** Findings that other alerts are about. */
const ELSEWHERE = [rules.notYetServed.id, rules.notServed.id, rules.intermediateEnds.id, rules.rootEnds.id];

/** What istio-vault status -o prometheus tells: what no gauge of istiod's or Vault's does. */
export function statusAlerts(scope: Scope): Alert[] {
  const external = scope.clusters.filter(({ intermediates }) => intermediates.issuance === "external");
  return [
    ...rootEnds(scope),
    ...(external.length > 0 ? [issuerOverdue(scope, external)] : []),
    istiodBehindVault(scope),
    ...findings(scope),
    {
      name: "IstioStatusStale",
      expr: `time() - max(${ofMesh(scope, METRICS.lookedAt)}) > ${6 * LOOK_SECONDS} or absent(${ofMesh(scope, METRICS.lookedAt)})`,
      forSeconds: LOOK_SECONDS,
      severity: "warning",
      summary: `istio-vault status has not looked at mesh ${scope.meshId}`,
      description: "What it told last grows old, and alerts that need it are blind.",
    },
  ];
}

function rootEnds(scope: Scope): Alert[] {
  const { rootFrom, rootUntil } = METRICS;
  const of = scope.told(scope.clusters);
  const left = (...matchers: string[]) =>
    `${scope.by("min", "root")} (${of(rootUntil, ...matchers)}) - time()`;
  const lifetime = `${scope.by("max", "root")} (${of(rootUntil)} - ${of(rootFrom)})`;
  const signing = [...scope.signedBy].map(
    ([root, clusters]) => `${left(`root="${root}"`)} < ${signingRootLeft(clusters)}`,
  );
  const texts = {
    summary: `Root {{ $labels.root }} in the bundle of ${scope.place} ends in {{ $value | humanizeDuration }}`,
    description: "With it end all intermediates and certificates under it. Rotate to a new root.",
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
      expr: `${left()} < ${ROOT_CALL_LEFT}`,
      forSeconds: HOUR,
      severity: "critical",
      ...texts,
    },
  ];
}

function issuerOverdue(scope: Scope, clusters: readonly ClusterConfig[]): Alert {
  const { storedFrom, storedUntil } = METRICS;
  const of = scope.told(clusters);
  const shortest = Math.min(...clusters.map(({ intermediates }) => intermediates.validFor.toSeconds()));
  return {
    name: "IstioIssuerOverdue",
    expr: `${scope.by("max")} ((${of(storedUntil)} - time()) / (${of(storedUntil)} - ${of(storedFrom)})) < ${OVERDUE_LEFT}`,
    forSeconds: patience(shortest * OVERDUE_LEFT),
    severity: "warning",
    summary: `The issuer has not renewed the intermediate of ${scope.place}`,
    description:
      "Of the lifetime of the intermediate in Vault {{ $value | humanizePercentage }} is left; istio-vault issue --due renews it with a third left.",
  };
}

function istiodBehindVault(scope: Scope): Alert {
  const of = scope.told(scope.clusters);
  const arrived = [METRICS.storedServed, METRICS.bundlePublished];
  return {
    name: "IstiodBehindVault",
    expr: arrived.map((metric) => `${scope.by("min")} (${of(metric)}) == 0`).join(" or "),
    forSeconds: Math.max(...scope.clusters.map(behindVault)),
    severity: "warning",
    summary: `istiod of ${scope.place} does not take what Vault holds`,
    description:
      "An intermediate or a bundle in Vault has not arrived: Vault Agent does not render it, or istiod refuses it.",
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
    description: `${page} says what that is; istio-vault status says it in full.`,
  };
  return [
    {
      ...fault,
      expr: finding(`kind="fault"`, `level="error"`, others),
      forSeconds: 3 * LOOK_SECONDS,
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
      summary: `${place} does not run as mesh.yaml says ({{ $labels.rule }})`,
      description: `A change was merged a day ago and not deployed, or something else was. ${page} says more.`,
    },
    {
      name: "IstioMeshNotSeen",
      expr: finding(`kind="unknown"`),
      forSeconds: 30 * MINUTE,
      severity: "warning",
      summary: `istio-vault status cannot ask ${place} ({{ $labels.rule }})`,
      description: `What it does not see can raise no alert. ${page} says more.`,
    },
  ];
}

/** Series of the mesh, in a cluster's own Prometheus without those of the other clusters. */
function ofMesh(scope: Scope, metric: string, ...matchers: readonly string[]): string {
  const { cluster } = scope.labels;
  const own = cluster === undefined ? [] : [`cluster=~"${cluster}|"`];
  return selector(metric, [scope.ofMesh, ...own, ...matchers]);
}
