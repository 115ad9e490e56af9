import type { V1ConfigMap, V1Secret } from "@kubernetes/client-node";
import type { Cluster } from "./cluster";

/** Every value of a cluster's Secrets and ConfigMaps, by where it is. */
export async function storedValues({ core }: Cluster): Promise<[string, Buffer][]> {
  const [secrets, configMaps] = await Promise.all([
    core.listSecretForAllNamespaces(),
    core.listConfigMapForAllNamespaces(),
  ]);
  return [
    ...secrets.items.flatMap((secret) => [...values("Secret", secret, secret.data, "base64")]),
    ...configMaps.items.flatMap((map) => [
      ...values("ConfigMap", map, map.data, "utf8"),
      ...values("ConfigMap", map, map.binaryData, "base64"),
    ]),
  ];
}

function values(
  kind: string,
  { metadata }: V1Secret | V1ConfigMap,
  data: Readonly<Record<string, string>> = {},
  encoding: BufferEncoding,
): [string, Buffer][] {
  return Object.entries(data).map(([key, value]) => [
    `${kind} ${metadata?.namespace}/${metadata?.name} ${key}`,
    Buffer.from(value, encoding),
  ]);
}
