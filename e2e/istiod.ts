import type { Cluster, Pod } from "./cluster";

export const ISTIO_NAMESPACE = "istio-system";
export const PLUGIN_CA_FILES = ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"];

export function istiodPods(cluster: Cluster): Promise<readonly Pod[]> {
  return cluster.pods(ISTIO_NAMESPACE, "app=istiod");
}

/** The image istiod runs from in a pod. */
export function istiodImage({ spec }: Pod): string {
  return spec.containers.find(({ name }) => name === "discovery")!.image!;
}

/** The one istiod pod of a cluster, once it is ready. */
export async function readyIstiod(cluster: Cluster, seconds = 120): Promise<Pod> {
  return (await cluster.readyPods(ISTIO_NAMESPACE, "app=istiod", 1, seconds))[0]!;
}

/** A file that Vault's agent wrote for istiod, or for a gateway. */
export function agentFile(cluster: Cluster, pod: Pod, file: string): Promise<string> {
  return cluster.exec(pod, "vault-agent", "cat", `/vault/secrets/${file}`);
}

/** Deletes it, as one does who wants another. */
export async function deletePod(cluster: Cluster, { metadata }: Pod): Promise<void> {
  await cluster.kubectl(`delete pod ${metadata.name} -n ${metadata.namespace} --wait=false`);
}
