import type { Need, Programs } from "./programs";

/** What it takes to deploy a mesh on nodes, and to run its proxies. */
export const MESH_NEEDS: readonly Need[] = [
  ...([
    "root",
    "openssl",
    "unshare",
    "setpriv",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
  ] as const),
  ...([
    "kubelet",
    "kube-proxy",
    "coredns",
    "containerd",
    "runc",
    "iptables",
    "busybox",
    "CNI plugins",
  ] as const),
  ...(["kubectl", "terraform", "vault", "vault chart", "vault-k8s", "node", "envoy"] as const),
  ...(["xtables-nft-multi", "xtables-legacy-multi"] as const),
];

/** Why what has these needs cannot run, if it cannot. */
export function lacking(programs: Programs, needs: readonly Need[]): string | undefined {
  const missing = needs.filter((need) => programs.missing.has(need));
  return missing.length > 0 ? `missing: ${missing.join(", ")}` : undefined;
}
