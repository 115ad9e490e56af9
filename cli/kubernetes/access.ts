import type { ClusterConfig } from "../../config/mesh";

/** How a cluster is reached, for people. */
export function accessOf({ kubeconfig }: ClusterConfig): string {
  if (kubeconfig.kind === "exec") return `${kubeconfig.host} by ${kubeconfig.command}`;
  return kubeconfig.context === undefined
    ? `kubeconfig ${kubeconfig.file}`
    : `kubeconfig context ${kubeconfig.context}`;
}
