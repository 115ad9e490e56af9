import { ISTIO_UID, SECRETS_DIRECTORY } from "./agent-annotations";

/** Name of the guard in istiod's pod. */
export const ISTIOD_GUARD = "require-plugged-in-ca";

/** Settings of a guard. */
export interface GuardSettings {
  readonly name: string;
  readonly image: string;
  /** Names of the files. */
  readonly files: readonly string[];
  /** Why the pod must not start without them: the end of the guard's message. */
  readonly reason: string;
}

/**
 * An init container that aborts a pod's start unless every file exists and is not empty. It is part of
 * the pod's own template, so it also catches a deleted webhook or a removed annotation.
 */
export function guardContainer({ name, image, files, reason }: GuardSettings) {
  const script = [
    `cd ${SECRETS_DIRECTORY} || exit 1`,
    `for file in ${files.join(" ")}; do`,
    '  [ -s "$file" ] && continue',
    `  echo "${SECRETS_DIRECTORY}/$file is missing or empty: ${reason}" >&2`,
    "  exit 1",
    "done",
  ].join("\n");
  return {
    name,
    image,
    command: ["/bin/sh", "-c", script],
    securityContext: {
      runAsUser: ISTIO_UID,
      runAsGroup: ISTIO_UID,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
  };
}
