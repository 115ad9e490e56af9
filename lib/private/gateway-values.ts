import type { HelmValues } from "./helm-values";
import { SECCOMP_PROFILE } from "./pod-security";

/** The files a gateway's pod finds in the agent's directory. */
export const GATEWAY_FILES = ["tls.crt", "tls.key", "ca.crt"] as const;

/** Where a proxy looks for revocation lists. */
export const REVOCATION_DIRECTORY = "/var/run/secrets/istio/crl";

/** What makes a gateway look at the lists that istiod hands out: Istio's own templates mount them into sidecars alone. */
export const REVOCATION_MOUNT = {
  volumes: [{ name: "istio-ca-crl", configMap: { name: "istio-ca-crl", optional: true } }],
  volumeMounts: [{ name: "istio-ca-crl", mountPath: REVOCATION_DIRECTORY }],
};

/** What is wrong with a gateway's domains, if anything is: the one that cannot be certified. */
export function wrongDomain(domains: readonly string[]): string | undefined {
  if (domains.length === 0) return "no name";
  // A common name is limited to 64 characters.
  const wrong = domains.find((domain, index) => !isDomain(domain) || (index === 0 && domain.length > 64));
  return wrong === undefined ? undefined : `"${wrong}"`;
}

/** A DNS name in lower case, its first label perhaps `*`. */
function isDomain(text: string): boolean {
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return text.length <= 253 && new RegExp(`^(\\*\\.)?(${label}\\.)+${label}$`).test(text);
}

/** What every gateway has until its values say otherwise: as many pods, and what Pod Security asks for. */
export function gatewayDefaults(replicas: number, values: HelmValues | undefined): HelmValues {
  return {
    // The chart's own, which it leaves out where there is another, and what istio-proxy lacks.
    securityContext: {
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      seccompProfile: SECCOMP_PROFILE,
    },
    // Counts where the user turns the autoscaler off.
    ...(values?.kind !== "DaemonSet" && { replicaCount: replicas }),
    autoscaling: { minReplicas: replicas, maxReplicas: Math.max(replicas, 5) },
    podDisruptionBudget: { maxUnavailable: 1 },
  };
}
