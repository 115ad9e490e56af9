import { INJECTOR_NAMESPACE, INJECTOR_RELEASE, ISTIO_NAMESPACE } from "../../lib/names";
import { ISTIOD_GUARD } from "../../lib/private/guard";
import { type Alert, MINUTE } from "./alert";
import { KUBERNETES } from "./metrics";
import type { Scope } from "./scope";

/** istiod's pods, of every revision. */
export const ISTIODS = [`namespace="${ISTIO_NAMESPACE}"`, `pod=~"istiod-.+"`];
/** The init container in which Vault Agent renders istiod's first files. */
export const AGENT_INIT = "vault-agent-init";
/** The injector. */
export const INJECTOR = [
  `namespace="${INJECTOR_NAMESPACE}"`,
  `deployment="${INJECTOR_RELEASE}-agent-injector"`,
];

export function kubernetesAlerts(scope: Scope): Alert[] {
  const of = scope.within(scope.clusters);
  const injected = of(KUBERNETES.initContainer, ...ISTIODS, `container="${AGENT_INIT}"`);
  const ready = of(KUBERNETES.initContainerReady, ...ISTIODS, `container=~"${AGENT_INIT}|${ISTIOD_GUARD}"`);
  return [
    {
      name: "IstiodNotInjected",
      expr: `${scope.by("max", "pod")} (${of(KUBERNETES.pod, ...ISTIODS)}) unless ${scope.by("max", "pod")} (${injected})`,
      forSeconds: 5 * MINUTE,
      severity: "critical",
      summary: `{{ $labels.pod }} of ${scope.place} has no Vault Agent`,
      description: `It was created without the init container ${AGENT_INIT}: the guard aborts its startup or, if that is gone too, it signs with a self-signed CA.`,
    },
    {
      name: "IstiodWaitsForItsCa",
      expr: `${scope.by("min", "pod")} (${ready}) == 0`,
      forSeconds: 10 * MINUTE,
      severity: "warning",
      summary: `{{ $labels.pod }} of ${scope.place} does not get its CA from Vault`,
      description: `${AGENT_INIT} or the guard ${ISTIOD_GUARD} has not completed. Other istiods keep signing; this one does not start.`,
    },
    {
      name: "VaultAgentInjectorDown",
      expr: `${scope.by("max")} (${of(KUBERNETES.available, ...INJECTOR)}) == 0`,
      forSeconds: 10 * MINUTE,
      severity: "warning",
      summary: `No Vault Agent injector is available in ${scope.place}`,
      description:
        "Until it is back, a pod of istiod or of a gateway that stops is not replaced: the webhook rejects new ones.",
    },
    ...scope.clusters.map((cluster): Alert => {
      const here = scope.within([cluster]);
      const guard = here(KUBERNETES.initContainer, ...ISTIODS, `container="${ISTIOD_GUARD}"`);
      const injector = here(KUBERNETES.available, ...INJECTOR);
      return {
        name: "KubernetesMetricsAbsent",
        cluster: cluster.name,
        expr: `absent(${guard}) or absent(${injector})`,
        forSeconds: 15 * MINUTE,
        severity: "warning",
        summary: `No metrics about istiod's guard or the injector in ${cluster.name}`,
        description: "They do not exist, or kube-state-metrics is not scraped.",
      };
    }),
  ];
}
