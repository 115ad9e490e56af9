import type { Cluster } from "./cluster";
import type { KubeClient } from "./kube-client";
import type { KeyedData } from "./kubernetes-objects";
import { keyedValues } from "./node/volumes";

/** Every value of a cluster's Secrets and ConfigMaps, by where it is. */
export async function storedValues({ api }: Cluster): Promise<[string, Buffer][]> {
  return [...(await valuesOf(api, "secrets")), ...(await valuesOf(api, "configmaps"))];
}

async function valuesOf(api: KubeClient, kind: "secrets" | "configmaps"): Promise<[string, Buffer][]> {
  const objects = await api.list<KeyedData>(`/api/v1/${kind}`);
  return objects.flatMap((object) =>
    [...keyedValues(object, kind === "secrets")].map(([key, value]): [string, Buffer] => [
      `${kind} ${object.metadata.namespace}/${object.metadata.name} ${key}`,
      value,
    ]),
  );
}
