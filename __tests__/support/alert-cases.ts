import {
  ABSENT,
  apart,
  DAY,
  finding,
  init,
  injector,
  list,
  proxies,
  published,
  root,
  until,
} from "./mesh-series";
import { constant, type Expectation, growing, type Series } from "./prometheus";

const errors = (what: string, name: string) =>
  `citadel_server_${what}{cluster="${name}",error="CERT_GEN_ERROR"}`;

const of = (alert: string, severity: string, ...clusters: string[]) =>
  clusters.map((name) => ({ alert, severity, cluster: name }));
const [c1, c2] = ["cluster1", "cluster2"];
const INTERMEDIATE = "intermediate of cluster2";
/** A list of 90 days, with so many of them left. */
const listOf90 = (name: string, left: number) => ({
  [list(name, "before", INTERMEDIATE)]: constant((left - 90) * DAY),
  [list(name, "after", INTERMEDIATE)]: constant(left * DAY),
});

/** What is changed, and what then fires, after three hours or as many as are given. */
export type AlertCase = [name: string, change: Series, fires: Expectation["fires"], afterHours?: number];

export const ALERT_CASES: readonly AlertCase[] = [
  ["a mesh that is well", {}, []],
  // 30 days of the 2 years that a change renews, a fifth of the 90 days that a schedule renews.
  [
    "intermediates right before that",
    { [until(c1)]: constant(31 * DAY), [until(c2)]: constant(19 * DAY) },
    [],
  ],
  [
    "intermediates that end",
    { [until(c1)]: constant(30 * DAY), [until(c2)]: constant(18 * DAY) },
    of("IstioIntermediateEnds", "warning", c1, c2),
  ],
  [
    "an intermediate that ends soon",
    { [until(c2)]: constant(4.5 * DAY) },
    [...of("IstioIntermediateEnds", "warning", c2), ...of("IstioIntermediateEnds", "critical", c2)],
  ],
  [
    "one that has ended",
    { [until(c1)]: constant(60) },
    [...of("IstioIntermediateEnds", "warning", c1), ...of("IstioIntermediateEnds", "critical", c1)],
  ],
  ["4 errors of 100 signatures", { [errors("csr_sign_err_count", c1)]: growing(4) }, []],
  [
    "6 errors of 100 signatures",
    { [errors("csr_sign_err_count", c1)]: growing(6) },
    of("IstiodSigningErrors", "critical", c1),
  ],
  ["19 of 100 tokens refused", { [errors("authentication_failure_count", c2)]: growing(19) }, []],
  [
    "21 of 100 tokens refused",
    { [errors("authentication_failure_count", c2)]: growing(21) },
    of("IstiodRefusesWorkloads", "warning", c2),
  ],
  ["no istiod that tells", { [until(c2)]: ABSENT }, of("IstiodMetricsAbsent", "critical", c2)],
  [
    "an istiod that was not injected",
    {
      [init("info", c1, "istiod-5d8c-a", "vault-agent-init")]: ABSENT,
      [init("status_ready", c1, "istiod-5d8c-a", "vault-agent-init")]: ABSENT,
    },
    of("IstiodNotInjected", "critical", c1),
  ],
  [
    "a revision's istiod that was not injected, and its guard that refuses",
    {
      [init("info", c2, "istiod-1-30-77-c", "vault-agent-init")]: ABSENT,
      [init("status_ready", c2, "istiod-1-30-77-c", "vault-agent-init")]: ABSENT,
      [init("status_ready", c2, "istiod-1-30-77-c", "require-plugged-in-ca")]: constant(0),
    },
    [...of("IstiodNotInjected", "critical", c2), ...of("IstiodWaitsForItsCa", "warning", c2)],
  ],
  [
    "an agent that waits for Vault, and the guard behind it",
    {
      [init("status_ready", c1, "istiod-5d8c-a", "vault-agent-init")]: constant(0),
      [init("status_ready", c1, "istiod-5d8c-a", "require-plugged-in-ca")]: constant(0),
    },
    of("IstiodWaitsForItsCa", "warning", c1),
  ],
  ["an injector that is down", { [injector(c1)]: constant(0) }, of("VaultAgentInjectorDown", "warning", c1)],
  ["an injector that is gone", { [injector(c1)]: ABSENT }, of("KubernetesMetricsAbsent", "warning", c1)],
  [
    "an istiod without a guard",
    { [init("info", c1, "istiod-5d8c-a", "require-plugged-in-ca")]: ABSENT },
    of("KubernetesMetricsAbsent", "warning", c1),
  ],
  // The 2 years of the longest intermediate under it, and a month.
  ["a root right before that", { [root(c1, "after")]: constant(761 * DAY) }, []],
  [
    "a root that signs and ends",
    { [root(c1, "after")]: constant(760 * DAY) },
    of("IstioRootEnds", "warning", c1),
  ],
  [
    "a second root of the bundle right before a tenth of its lifetime",
    { [root(c2, "before", "b")]: constant(-890 * DAY), [root(c2, "after", "b")]: constant(110 * DAY) },
    [],
  ],
  [
    "a second root of the bundle that ends",
    { [root(c2, "before", "b")]: constant(-910 * DAY), [root(c2, "after", "b")]: constant(90 * DAY) },
    of("IstioRootEnds", "warning", c2),
  ],
  [
    "a second root of the bundle that ends soon",
    { [root(c2, "before", "b")]: constant(-970 * DAY), [root(c2, "after", "b")]: constant(30 * DAY) },
    [...of("IstioRootEnds", "warning", c2), ...of("IstioRootEnds", "critical", c2)],
  ],
  // A fifth of a list of 90 days, and 30 days of longer ones.
  [
    "revocation lists right before that",
    { [list(c1, "after")]: constant(31 * DAY), ...listOf90(c2, 19) },
    [],
  ],
  [
    "revocation lists that end",
    { [list(c1, "after")]: constant(20 * DAY), ...listOf90(c2, 17) },
    of("IstioRevocationListEnds", "warning", c1, c2),
  ],
  [
    "a revocation list that ends soon",
    listOf90(c2, 4),
    [...of("IstioRevocationListEnds", "warning", c2), ...of("IstioRevocationListEnds", "critical", c2)],
  ],
  [
    "an issuer that is overdue",
    {
      'istio_vault_stored_intermediate_not_after_timestamp_seconds{mesh="mesh1",cluster="cluster2"}':
        constant(3 * DAY),
    },
    of("IstioIssuerOverdue", "warning", c2),
  ],
  [
    "one of two istiods that does not serve what Vault holds",
    {
      'istio_vault_stored_intermediate_served{mesh="mesh1",cluster="cluster2",pod="istiod-1-30-77-c"}':
        constant(0),
    },
    of("IstiodBehindVault", "warning", c2),
  ],
  ["a bundle that does not arrive", { [published(c1)]: constant(0) }, of("IstiodBehindVault", "warning", c1)],
  ["istiods that are apart", { [apart(c2)]: constant(1) }, of("IstiodsApart", "critical", c2)],
  [
    "a proxy that has not the bundle",
    { [proxies(c1, "_with_bundle")]: constant(11) },
    of("IstioProxiesBehind", "warning", c1),
  ],
  [
    "an istiod that serves nobody",
    { [finding("IV0707", "error", "fault")]: constant(1) },
    of("IstioMeshFault", "critical", c1),
  ],
  [
    "a key that was left",
    { [finding("IV0720", "warning", "fault")]: constant(1) },
    of("IstioMeshFault", "warning", c1),
  ],
  [
    "findings that other alerts are about",
    Object.fromEntries(
      ["IV0713", "IV0715", "IV0718", "IV0719", "IV0727", "IV0728", "IV0746"].map((rule) => [
        finding(rule, "warning", "fault"),
        constant(1),
      ]),
    ),
    [],
  ],
  [
    "a change not deployed for less than a day",
    { [finding("IV0714", "error", "drift")]: constant(1) },
    [],
    23,
  ],
  [
    "a change not deployed for a day",
    { [finding("IV0714", "error", "drift")]: constant(1) },
    of("IstioMeshDrifts", "warning", c1),
    25,
  ],
  [
    "a root that was not made for a day, of no cluster",
    { [finding("IV0723", "error", "drift", "")]: constant(1) },
    [{ alert: "IstioMeshDrifts", severity: "warning" }],
    25,
  ],
  [
    "a cluster that cannot be asked",
    { [finding("IV0702", "error", "unknown")]: constant(1) },
    of("IstioMeshNotSeen", "warning", c1),
  ],
  [
    "status that no longer runs",
    { 'istio_vault_status_timestamp_seconds{mesh="mesh1"}': constant(8000) },
    [{ alert: "IstioStatusStale", severity: "warning" }],
  ],
  [
    "status that never ran",
    { 'istio_vault_status_timestamp_seconds{mesh="mesh1"}': ABSENT },
    [{ alert: "IstioStatusStale", severity: "warning" }],
  ],
  [
    "a sealed Vault",
    { 'vault_core_unsealed{instance="vault-0",cluster="vault-cluster-1"}': constant(0) },
    [{ alert: "VaultSealed", severity: "critical" }],
  ],
  [
    "a Vault that tells nothing",
    {
      'vault_core_unsealed{instance="vault-0"}': ABSENT,
      'vault_core_unsealed{instance="vault-0",cluster="vault-cluster-1"}': ABSENT,
    },
    [{ alert: "VaultMetricsAbsent", severity: "critical" }],
  ],
  [
    "an audit log that fails",
    { 'vault_audit_log_response_failure{instance="vault-0"}': growing(1) },
    [{ alert: "VaultAuditLogFails", severity: "critical" }],
  ],
];
