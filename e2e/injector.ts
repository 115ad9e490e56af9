import type { Cluster } from "./cluster";

const NAMESPACE = "vault";

/** Sets how many injectors a cluster has, and waits until they are there, and no other. */
export async function scaleInjector(cluster: Cluster, replicas: number): Promise<void> {
  const labels = "app.kubernetes.io/name=vault-agent-injector";
  await cluster.kubectl(
    `scale deployment vault-inject-agent-injector -n ${NAMESPACE} --replicas=${replicas}`,
  );
  if (replicas === 0)
    await cluster.kubectl(`wait -n ${NAMESPACE} --for=delete pod -l ${labels} --timeout=60s`);
  await cluster.readyPods(NAMESPACE, labels, replicas);
}
