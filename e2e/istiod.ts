import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster";
import { type Container, isReady, type Pod } from "./kubernetes-objects";
import { containerLog } from "./node/container-process";
import { waitFor } from "./wait";

export const ISTIO_NAMESPACE = "istio-system";
export const ISTIOD_DEPLOYMENT = `/apis/apps/v1/namespaces/${ISTIO_NAMESPACE}/deployments/istiod`;
export const PLUGIN_CA_FILES = ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"];

const SECRETS_DIRECTORY = "/vault/secrets";

export function istiodPods(cluster: Cluster): Promise<readonly Pod[]> {
  return cluster.pods(ISTIO_NAMESPACE, "app=istiod");
}

/** The image istiod runs from in a pod. */
export function istiodImage(pod: Pod): string {
  return pod.spec.containers.find(({ name }) => name === "discovery")!.image;
}

/** The one istiod pod of a cluster, once it is ready. */
export function readyIstiod(cluster: Cluster, seconds = 60): Promise<Pod> {
  return waitFor(`a ready istiod in ${cluster.name}`, seconds, async () => {
    const pods = await istiodPods(cluster);
    return pods.length === 1 && isReady(pods[0]!) && pods[0];
  });
}

export function deletePod(cluster: Cluster, pod: Pod): Promise<void> {
  return cluster.api.delete(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`);
}

/** Where the files the agent wrote for a pod are on this machine. */
export function pluginCaDirectory(cluster: Cluster, pod: Pod): string {
  const mounts = [...pod.spec.containers].flatMap((container) => container.volumeMounts ?? []);
  const mount = mounts.find(({ mountPath }) => mountPath === SECRETS_DIRECTORY);
  if (!mount) throw new Error(`pod ${pod.metadata.name} mounts nothing at ${SECRETS_DIRECTORY}`);
  return join(cluster.node.podDirectory(pod), "volumes", mount.name);
}

export function pluginCaFile(cluster: Cluster, pod: Pod, file: string): string {
  return readFileSync(join(pluginCaDirectory(cluster, pod), file), "utf8");
}

export function readLog(cluster: Cluster, pod: Pod, container: string): string {
  return readFileSync(containerLog(cluster.node.podDirectory(pod), container), "utf8");
}

/** The init container that stops istiod's start without its CA from Vault: the one the chart's own values added. */
export function guardOf(pod: Pod): Container {
  const guard = pod.spec.initContainers?.find(({ name }) => name !== "vault-agent-init");
  if (!guard) throw new Error(`pod ${pod.metadata.name} has no guard`);
  return guard;
}
