import type { KubeClient } from "./kube-client";
import type { KubernetesObject } from "./kubernetes-objects";

/** What comes and goes by itself, or follows from other objects. */
const LEFT_OUT = new Set(["events", "leases", "apiservices", "componentstatuses"]);

/** Kubernetes puts these into each namespace when it gets to it. */
const OF_EACH_NAMESPACE = new Set(["configmaps/kube-root-ca.crt", "serviceaccounts/default"]);

interface Resource {
  readonly name: string;
  readonly verbs: readonly string[];
}

/** Every object of a cluster, as `resource namespace/name`. */
export async function inventory(api: KubeClient): Promise<Set<string>> {
  const objects: string[] = [];
  for (const prefix of await apiPrefixes(api)) {
    const { resources } = await api.get<{ resources: readonly Resource[] }>(prefix);
    for (const { name, verbs } of resources) {
      if (!verbs.includes("list") || LEFT_OUT.has(name)) continue;
      const items = await api.list<KubernetesObject>(`${prefix}/${name}`);
      const own = items.filter(({ metadata }) => !OF_EACH_NAMESPACE.has(`${name}/${metadata.name}`));
      objects.push(...own.map(({ metadata }) => `${name} ${metadata.namespace ?? ""}/${metadata.name}`));
    }
  }
  return new Set(objects);
}

async function apiPrefixes(api: KubeClient): Promise<string[]> {
  const { groups } = await api.get<{ groups: { preferredVersion: { groupVersion: string } }[] }>("/apis");
  return ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
}
