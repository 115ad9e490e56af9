import type { MeshStatus } from "./mesh-status";
import type { StatusFinding } from "./status-finding";

/** Names of the metrics: a contract with rules files that are deployed elsewhere. */
export const METRICS = {
  checkedAt: "istio_vault_status_timestamp_seconds",
  finding: "istio_vault_status_finding",
  rootFrom: "istio_vault_root_not_before_timestamp_seconds",
  rootUntil: "istio_vault_root_not_after_timestamp_seconds",
  storedFrom: "istio_vault_stored_intermediate_not_before_timestamp_seconds",
  storedUntil: "istio_vault_stored_intermediate_not_after_timestamp_seconds",
  storedServed: "istio_vault_stored_intermediate_served",
  bundlePublished: "istio_vault_stored_bundle_published",
  istiodsApart: "istio_vault_istiods_apart",
  proxies: "istio_vault_proxies",
  proxiesCurrent: "istio_vault_proxies_with_bundle",
  servedFrom: "istio_vault_served_intermediate_not_before_timestamp_seconds",
  servedUntil: "istio_vault_served_intermediate_not_after_timestamp_seconds",
  listFrom: "istio_vault_revocation_list_not_before_timestamp_seconds",
  listUntil: "istio_vault_revocation_list_not_after_timestamp_seconds",
} as const;

const HELP: Readonly<Record<keyof typeof METRICS, string>> = {
  checkedAt: "When the mesh was last checked.",
  finding: "Findings by rule; kind is fault, drift from mesh.yaml, or unknown.",
  rootFrom: "When a root of the bundle becomes valid.",
  rootUntil: "When a root of the bundle expires.",
  storedFrom: "When the intermediate in Vault becomes valid.",
  storedUntil: "When the intermediate in Vault expires.",
  storedServed: "Whether an istiod signs with the intermediate in Vault.",
  bundlePublished: "Whether istiod publishes the bundle in Vault.",
  istiodsApart: "Whether istiods of the cluster answer with different bundles.",
  proxies: "Proxies of the cluster, connected or not.",
  proxiesCurrent: "Proxies that are seen to have the bundle of their istiod.",
  servedFrom: "When the intermediate that an istiod signs with becomes valid.",
  servedUntil: "When the intermediate that an istiod signs with expires.",
  listFrom: "When the revocation list of a CA, which the cluster hands out, becomes valid.",
  listUntil: "When the revocation list of a CA, which the cluster hands out, expires.",
};

type Labels = Readonly<Record<string, string | undefined>>;
type Samples = Record<keyof typeof METRICS, (readonly [Labels, number])[]>;

/** The result of an inspection, in Prometheus's text format. */
export function metrics(status: MeshStatus): string {
  const samples = samplesOf(status);
  return (Object.keys(METRICS) as (keyof typeof METRICS)[])
    .filter((key) => samples[key].length > 0)
    .flatMap((key) => [
      `# HELP ${METRICS[key]} ${HELP[key]}`,
      `# TYPE ${METRICS[key]} gauge`,
      ...new Set(samples[key].map(([labels, value]) => `${METRICS[key]}{${labelled(labels)}} ${value}`)),
    ])
    .join("\n");
}

function samplesOf({ mesh, at, clusters, lifetimes, findings }: MeshStatus): Samples {
  const roots = lifetimes.flatMap(({ cluster, roots: all }) => all.map((root) => ({ cluster, ...root })));
  const stored = lifetimes.flatMap(({ cluster, stored: it }) => (it ? [{ cluster, ...it }] : []));
  const lists = lifetimes.flatMap(({ cluster, lists: all }) =>
    all.map(({ authority, ...it }) => ({ ...it, labels: { mesh, cluster, authority } })),
  );
  const istiods = clusters.flatMap(({ cluster, istiods: all }) => all.map((it) => ({ cluster, ...it })));
  const served = istiods.flatMap(({ cluster, pod, intermediate }) =>
    intermediate ? [{ ...intermediate, labels: { mesh, cluster, pod, root: intermediate.root } }] : [],
  );
  const proxies = clusters.flatMap(({ cluster, proxies: all }) =>
    all ? [{ ...all, labels: { mesh, cluster } }] : [],
  );
  return {
    checkedAt: [[{ mesh }, seconds(at)]],
    finding: findings.map((finding) => [{ mesh, ...findingLabels(finding) }, 1]),
    rootFrom: roots.map(({ cluster, root, notBefore }) => [{ mesh, cluster, root }, seconds(notBefore)]),
    rootUntil: roots.map(({ cluster, root, notAfter }) => [{ mesh, cluster, root }, seconds(notAfter)]),
    storedFrom: stored.map(({ cluster, notBefore }) => [{ mesh, cluster }, seconds(notBefore)]),
    storedUntil: stored.map(({ cluster, notAfter }) => [{ mesh, cluster }, seconds(notAfter)]),
    storedServed: istiods
      .filter(({ step }) => step !== "unknown")
      .map(({ cluster, pod, step }) => [{ mesh, cluster, pod }, step === "in step" ? 1 : 0]),
    bundlePublished: lifetimes.flatMap(({ cluster, publishesStored }) =>
      publishesStored === undefined ? [] : [[{ mesh, cluster }, publishesStored ? 1 : 0] as const],
    ),
    istiodsApart: clusters.flatMap(({ cluster, apart }) =>
      apart === undefined ? [] : [[{ mesh, cluster }, apart ? 1 : 0] as const],
    ),
    proxies: proxies.map(({ labels, total }) => [labels, total]),
    proxiesCurrent: proxies.map(({ labels, current }) => [labels, current]),
    servedFrom: served.map(({ labels, notBefore }) => [labels, seconds(notBefore)]),
    servedUntil: served.map(({ labels, notAfter }) => [labels, seconds(notAfter)]),
    listFrom: lists.map(({ labels, notBefore }) => [labels, seconds(notBefore)]),
    listUntil: lists.map(({ labels, notAfter }) => [labels, seconds(notAfter)]),
  };
}

function findingLabels({ cluster, rule, level, category, unknown }: StatusFinding): Labels {
  const kind = unknown ? "unknown" : category === "differs from mesh.yaml" ? "drift" : "fault";
  return { cluster, rule, level, kind };
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

function labelled(labels: Labels): string {
  return Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${escaped(value)}"`]))
    .join(",");
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (it) => (it === "\n" ? "\\n" : `\\${it}`));
}
