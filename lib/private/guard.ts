import { agentResources, SECRETS_DIRECTORY } from "./agent-annotations";
import { type AgentUser, restrictedContext } from "./pod-security";

/** Name of the guard in istiod's pod. */
export const ISTIOD_GUARD = "require-plugged-in-ca";
/** Name of the guard in a gateway's pod. */
export const GATEWAY_GUARD = "require-certificate";
export const GUARD_NAMES: readonly string[] = [ISTIOD_GUARD, GATEWAY_GUARD];

/** Settings of a guard. */
export interface GuardSettings {
  readonly name: string;
  readonly image: string;
  readonly user: AgentUser;
  /** The pod's annotations, which say what the agent asks for. */
  readonly annotations: unknown;
  /** Names of the files. */
  readonly files: readonly string[];
  /** Why the pod must not start without them: the end of the guard's message. */
  readonly reason: string;
}

/**
 * An init container that aborts a pod's start unless every file exists and is not empty. It is part of
 * the pod's own template, so it also catches a deleted webhook or a removed annotation.
 */
export function guardContainer({ name, image, user, annotations, files, reason }: GuardSettings) {
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
    securityContext: restrictedContext(user),
    resources: agentResources(annotations),
  };
}
