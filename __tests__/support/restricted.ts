/** What Pod Security "restricted" demands of a container, by Istio's user. */
export const RESTRICTED = {
  runAsUser: 1337,
  runAsGroup: 1337,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The same as the agents are given it. */
export const AGENT_PATCH = JSON.stringify([{ op: "add", path: "/securityContext", value: RESTRICTED }]);
