/** User and group of Istio's images; the files belong to them alone. */
export const ISTIO_UID = 1337;

/** Who says which user Vault Agent and the guard run as. */
export type AgentUser = "istio" | "platform";

/** The profile that Pod Security "restricted" demands. */
export const SECCOMP_PROFILE = { type: "RuntimeDefault" };

/** What Pod Security "restricted" and OpenShift's restricted-v2 demand of a container. */
export function restrictedContext(user: AgentUser) {
  return {
    ...(user === "istio" && { runAsUser: ISTIO_UID, runAsGroup: ISTIO_UID }),
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: SECCOMP_PROFILE,
  };
}
