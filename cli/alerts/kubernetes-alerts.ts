import { INJECTOR_NAMESPACE, INJECTOR_RELEASE, ISTIO_NAMESPACE } from "../../lib/names";
import { ISTIOD_GUARD } from "../../lib/private/guard";
import { type Alert, MINUTE } from "./alert";
import type { Scope } from "./scope";

/** What kube-state-metrics tells of istiod's pods, of every revision, and of the injector. */
const ISTIODS = [`namespace="${ISTIO_NAMESPACE}"`, `pod=~"istiod-.+"`];
const AGENT_INIT = "vault-agent-init";
const INJECTOR = [`namespace="${INJECTOR_NAMESPACE}"`, `deployment="${INJECTOR_RELEASE}-agent-injector"`];

export function kubernetesAlerts(scope: Scope): Alert[] {
  const of = scope.within(scope.clusters);
  const injected = of("kube_pod_init_container_info", ...ISTIODS, `container="${AGENT_INIT}"`);
  const ready = of(
    "kube_pod_init_container_status_ready",
    ...ISTIODS,
    `container=~"${AGENT_INIT}|${ISTIOD_GUARD}"`,
  );
  return [
    {
      name: "IstiodNotInjected",
      expr: `${scope.by("max", "pod")} (${of("kube_pod_info", ...ISTIODS)}) unless ${scope.by("max", "pod")} (${injected})`,
      forSeconds: 5 * MINUTE,
      severity: "critical",
      summary: `{{ $labels.pod }} of ${scope.place} has no Vault Agent`,
      description: `It was made without the init container ${AGENT_INIT}: the guard ends its start, or, where that is gone too, it signs with a CA of its own.`,
    },
    {
      name: "IstiodWaitsForItsCa",
      expr: `${scope.by("min", "pod")} (${ready}) == 0`,
      forSeconds: 10 * MINUTE,
      severity: "warning",
      summary: `{{ $labels.pod }} of ${scope.place} does not get its CA from Vault`,
      description: `${AGENT_INIT} or the guard ${ISTIOD_GUARD} has not ended well. Other istiods sign on; this one does not start.`,
    },
    {
      name: "VaultAgentInjectorDown",
      expr: `${scope.by("max")} (${of("kube_deployment_status_replicas_available", ...INJECTOR)}) == 0`,
      forSeconds: 10 * MINUTE,
      severity: "warning",
      summary: `No Vault Agent injector is available in ${scope.place}`,
      description:
        "A pod of istiod or of a gateway that ends is not replaced meanwhile: its webhook refuses.",
    },
    ...scope.clusters.map((cluster): Alert => {
      const here = scope.within([cluster]);
      const guard = here("kube_pod_init_container_info", ...ISTIODS, `container="${ISTIOD_GUARD}"`);
      const injector = here("kube_deployment_status_replicas_available", ...INJECTOR);
      return {
        name: "KubernetesMetricsAbsent",
        cluster: cluster.name,
        expr: `absent(${guard}) or absent(${injector})`,
        forSeconds: 15 * MINUTE,
        severity: "warning",
        summary: `Nothing is told of istiod's guard or of the injector in ${cluster.name}`,
        description: "They are not there, or kube-state-metrics is not scraped.",
      };
    }),
  ];
}
