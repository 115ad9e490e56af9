import { ISTIO_UID, SECRETS_DIRECTORY } from "./agent-annotations";

/**
 * An init container that ends istiod's start unless every file is there and not empty: without them
 * istiod would silently become its own self-signed root. It is part of istiod's own pod template, so
 * it also catches a deleted webhook or a removed annotation.
 */
export function guardContainer(image: string, files: readonly string[]) {
  const script = [
    `cd ${SECRETS_DIRECTORY} || exit 1`,
    `for file in ${files.join(" ")}; do`,
    '  [ -s "$file" ] && continue',
    `  echo "${SECRETS_DIRECTORY}/$file is missing or empty: istiod must not start without its CA from Vault" >&2`,
    "  exit 1",
    "done",
  ].join("\n");
  return {
    name: "require-plugged-in-ca",
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
