import { constant, growing, type Series } from "./prometheus";

export const DAY = 86_400;

/** A mesh that is well. Pods of cluster2 are of two revisions. */
export function well(change: Series = {}): Series {
  const series: Record<string, string> = {
    ...cluster("cluster1", { pods: ["istiod-5d8c-a"], days: 700 }),
    ...cluster("cluster2", { pods: ["istiod-5d8c-b", "istiod-1-30-77-c"], days: 80 }),
    'istio_vault_stored_intermediate_served{mesh="mesh1",cluster="cluster2",pod="istiod-5d8c-b"}':
      constant(1),
    'istio_vault_stored_intermediate_not_before_timestamp_seconds{mesh="mesh1",cluster="cluster2"}': constant(
      -10 * DAY,
    ),
    'istio_vault_stored_intermediate_not_after_timestamp_seconds{mesh="mesh1",cluster="cluster2"}': constant(
      80 * DAY,
    ),
    'istio_vault_status_timestamp_seconds{mesh="mesh1"}': growing(60),
    'vault_core_unsealed{instance="vault-0",cluster="vault-cluster-1"}': constant(1),
    // As Vault tells it from before it was initialized.
    'vault_core_unsealed{instance="vault-0"}': constant(0),
    'vault_audit_log_request_failure{instance="vault-0"}': constant(0),
    'vault_audit_log_response_failure{instance="vault-0"}': constant(0),
    ...change,
  };
  return Object.fromEntries(Object.entries(series).filter(([, values]) => values !== ABSENT));
}

/** The same, as cluster2's own Prometheus has it: what is scraped there does not name the cluster. */
export function ownWell(): Series {
  const entries = Object.entries(well()).filter(
    ([it]) => it.startsWith("istio_vault_") || !it.includes('cluster="cluster1"'),
  );
  return Object.fromEntries(
    entries.map(([it, values]) => [
      it.startsWith("istio_vault_") ? it : it.replace(/cluster="cluster2",?/, "").replace("{}", ""),
      values,
    ]),
  );
}

/** In the place of values. */
export const ABSENT = "absent";

function cluster(name: string, { pods, days }: { pods: readonly string[]; days: number }): Series {
  const series: Record<string, string> = {
    [until(name)]: constant(days * DAY),
    [`citadel_server_csr_count{cluster="${name}"}`]: growing(100),
    [injector(name)]: constant(2),
    [root(name, "before")]: constant(-100 * DAY),
    [root(name, "after")]: constant(3550 * DAY),
    [list(name, "before")]: constant(-100 * DAY),
    [list(name, "after")]: constant(3600 * DAY),
    [published(name)]: constant(1),
    [apart(name)]: constant(0),
    [proxies(name)]: constant(12),
    [proxies(name, "_with_bundle")]: constant(12),
  };
  for (const pod of pods) {
    series[`kube_pod_info{cluster="${name}",namespace="istio-system",pod="${pod}"}`] = constant(1);
    for (const container of ["vault-agent-init", "require-plugged-in-ca"]) {
      series[init("info", name, pod, container)] = constant(1);
      series[init("status_ready", name, pod, container)] = constant(1);
    }
  }
  return series;
}

export const until = (name: string) => `citadel_server_cert_chain_expiry_timestamp{cluster="${name}"}`;
export const injector = (name: string) =>
  `kube_deployment_status_replicas_available{cluster="${name}",namespace="vault",deployment="vault-inject-agent-injector"}`;
export const root = (name: string, end: string, which = "a") =>
  `istio_vault_root_not_${end}_timestamp_seconds{mesh="mesh1",cluster="${name}",root="${which}"}`;
export const list = (name: string, end: string, authority = "root a") =>
  `istio_vault_revocation_list_not_${end}_timestamp_seconds{mesh="mesh1",cluster="${name}",authority="${authority}"}`;
export const published = (name: string) =>
  `istio_vault_stored_bundle_published{mesh="mesh1",cluster="${name}"}`;
export const apart = (name: string) => `istio_vault_istiods_apart{mesh="mesh1",cluster="${name}"}`;
export const proxies = (name: string, which = "") =>
  `istio_vault_proxies${which}{mesh="mesh1",cluster="${name}"}`;
export const init = (what: string, name: string, pod: string, container: string) =>
  `kube_pod_init_container_${what}{cluster="${name}",namespace="istio-system",pod="${pod}",container="${container}"}`;
export const finding = (rule: string, level: string, kind: string, place = ',cluster="cluster1"') =>
  `istio_vault_status_finding{mesh="mesh1"${place},rule="${rule}",level="${level}",kind="${kind}"}`;
