import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { CountsPerSecond, Seconds, Short } from "@grafana/grafana-foundation-sdk/units";
import { AGENT_INIT, INJECTOR, ISTIODS } from "../cli/alerts/kubernetes-alerts";
import { ISTIOD, KUBERNETES, VAULT } from "../cli/alerts/metrics";
import { STALE_SECONDS } from "../cli/alerts/thresholds";
import { METRICS } from "../cli/status/metrics";
import { ISTIO_NAMESPACE } from "../lib/names";
import { ISTIOD_GUARD } from "../lib/private/guard";
import { lines, number, states, table } from "./panels";
import { left, of, rate } from "./queries";

/** The panels, in rows that are each 24 wide. */
export function rows(): Readonly<Record<string, readonly Builder<Panel>[]>> {
  return { Now: now(), Certificates: certificates(), istiod: istiod(), "Vault and its agents": vault() };
}

function now(): Builder<Panel>[] {
  return [
    table({
      title: "Firing alerts",
      description: "Of the rules that istio-vault alerts prints, with thresholds from mesh.yaml.",
      pages: { "What each means, and what to do": "alerts.md" },
      width: 10,
      queries: {
        alerts: `count by (severity, alertname, cluster) (${of("ALERTS", 'alertstate="firing"', 'mesh!=""')})`,
      },
    }),
    table({
      title: "Findings of istio-vault status",
      description: "Faults, drift from mesh.yaml, and what could not be determined.",
      pages: { "What each rule means, and what to do": "rules.md#the-running-mesh" },
      width: 10,
      queries: { findings: `count by (level, kind, rule, cluster) (${of(METRICS.finding)})` },
    }),
    number(Seconds, STALE_SECONDS, {
      title: "Last status",
      description: "How long ago istio-vault status ran. What comes from it is as old.",
      pages: { IstioStatusStale: "alerts.md#istiostatusstale" },
      width: 4,
      queries: { ago: `time() - max(${METRICS.checkedAt})` },
    }),
  ];
}

function certificates(): Builder<Panel>[] {
  return [
    lines(Seconds, {
      title: "Intermediates expire in",
      description: "What istiod signs with, and what is in Vault.",
      pages: {
        IstioIntermediateEnds: "alerts.md#istiointermediateends",
        IstioIssuerOverdue: "alerts.md#istioissueroverdue",
      },
      width: 8,
      queries: {
        "{{cluster}} istiod": left("cluster", of(ISTIOD.intermediateUntil)),
        "{{cluster}} Vault": left("cluster", of(METRICS.storedUntil)),
      },
    }),
    lines(Seconds, {
      title: "Roots expire in",
      description: "Each root of the bundles, from istio-vault status; from istiod, the first of its bundle.",
      pages: { IstioRootEnds: "alerts.md#istiorootends", "Rotate a root": "rotate-a-root.md" },
      width: 8,
      queries: {
        "root {{root}}": left("root", of(METRICS.rootUntil)),
        "{{cluster}} istiod": left("cluster", of(ISTIOD.rootUntil)),
      },
    }),
    states(["behind", "in step"], {
      title: "istiod serves what is in Vault",
      description:
        "Whether istiod signs with the intermediate in Vault, publishes the bundle in Vault, and all istiods the same.",
      pages: { IstiodBehindVault: "alerts.md#istiodbehindvault", IstiodsApart: "alerts.md#istiodsapart" },
      width: 8,
      queries: {
        "{{cluster}} intermediate": `min by (cluster) (${of(METRICS.storedServed)})`,
        "{{cluster}} bundle": `min by (cluster) (${of(METRICS.bundlePublished)})`,
        "{{cluster}} istiods alike": `min by (cluster) (1 - ${of(METRICS.istiodsApart)})`,
      },
    }),
  ];
}

function istiod(): Builder<Panel>[] {
  return [
    lines(CountsPerSecond, {
      title: "Leaves issued",
      description: "Certificates that istiod signs for workloads.",
      pages: { IstiodMetricsAbsent: "alerts.md#istiodmetricsabsent" },
      width: 6,
      queries: { "{{cluster}}": rate("cluster", of(ISTIOD.issued)) },
    }),
    lines(CountsPerSecond, {
      title: "Failed certificate requests",
      description: "Requests that istiod cannot sign, by error, or whose token it does not accept.",
      pages: {
        IstiodSigningErrors: "alerts.md#istiodsigningerrors",
        IstiodRefusesWorkloads: "alerts.md#istiodrefusesworkloads",
      },
      width: 6,
      queries: {
        "{{cluster}} {{error}}": rate("cluster, error", of(ISTIOD.signingErrors)),
        "{{cluster}} token": rate("cluster", of(ISTIOD.unauthenticated)),
      },
    }),
    lines(Short, {
      title: "Proxies",
      description: "Those connected to an istiod, and those that are not seen to have its bundle.",
      pages: { IstioProxiesBehind: "alerts.md#istioproxiesbehind", "What to do": "alerts.md#dashboard" },
      width: 6,
      queries: {
        "{{cluster}} connected": `sum by (cluster) (${of(ISTIOD.proxies)})`,
        "{{cluster}} without the bundle": `sum by (cluster) (${of(METRICS.proxies)} - ${of(METRICS.proxiesCurrent)})`,
      },
    }),
    lines(CountsPerSecond, {
      title: "Failed pushes",
      description: "Configuration that a proxy rejects, or that istiod cannot send, by type.",
      pages: { "What to do": "alerts.md#dashboard" },
      width: 6,
      queries: {
        "{{cluster}} {{type}} rejected": rate("cluster, type", of(ISTIOD.rejected)),
        "{{cluster}} {{type}}": rate("cluster, type", of(ISTIOD.pushes, 'type=~".+_senderr"')),
      },
    }),
  ];
}

function vault(): Builder<Panel>[] {
  const deployments = [[`namespace="${ISTIO_NAMESPACE}"`, 'deployment=~"istiod(-.+)?"'], INJECTOR];
  const available = deployments.map(
    (matchers) => `sum by (cluster, deployment) (${of(KUBERNETES.available, ...matchers)})`,
  );
  const containers = `container=~"${AGENT_INIT}|${ISTIOD_GUARD}"`;
  const initReady = `min by (cluster, pod) (${of(KUBERNETES.initContainerReady, ...ISTIODS, containers)})`;
  return [
    lines(Short, {
      title: "Available pods",
      description: "Of each istiod, and of the Vault Agent injector.",
      pages: {
        IstiodMetricsAbsent: "alerts.md#istiodmetricsabsent",
        VaultAgentInjectorDown: "alerts.md#vaultagentinjectordown",
      },
      width: 8,
      queries: { "{{cluster}} {{deployment}}": available.join(" or ") },
    }),
    lines(Short, {
      title: "istiods that wait for their CA",
      description:
        "Pods in which Vault Agent has not rendered the files, or the guard keeps aborting startup.",
      pages: {
        IstiodWaitsForItsCa: "alerts.md#istiodwaitsforitsca",
        "Vault's 403": "permission-denied.md",
      },
      width: 8,
      queries: { "{{cluster}}": `sum by (cluster) (${initReady} == bool 0)` },
    }),
    states(["sealed", "unsealed"], {
      title: "Vault",
      description: "Whether each Vault is unsealed.",
      pages: { VaultSealed: "alerts.md#vaultsealed", "Vault is down": "incidents.md#vault-is-down" },
      width: 4,
      queries: { "{{instance}}": `max by (instance) (${VAULT.unsealed})` },
    }),
    lines(CountsPerSecond, {
      title: "Failed audit log",
      description: "Requests and responses that Vault cannot log, so it rejects them.",
      pages: { VaultAuditLogFails: "alerts.md#vaultauditlogfails" },
      width: 4,
      queries: {
        "{{instance}} requests": rate("instance", VAULT.requestsNotLogged),
        "{{instance}} responses": rate("instance", VAULT.responsesNotLogged),
      },
    }),
  ];
}
