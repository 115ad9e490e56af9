import type { Cluster } from "./cluster";

const INJECTOR = {
  namespace: "vault",
  deployment: "vault-inject-agent-injector",
  labels: "app.kubernetes.io/name=vault-agent-injector",
};

/** Sets how many injectors a cluster has, and waits for it. */
export function scaleInjector(cluster: Cluster, replicas: number): Promise<void> {
  return cluster.scale(INJECTOR.namespace, INJECTOR.deployment, INJECTOR.labels, replicas);
}
