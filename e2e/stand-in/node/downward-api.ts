import type { Pod } from "../kubernetes-objects";

/** What the downward API gives for a field of the pod. */
export function podField(pod: Pod, podIp: string, fieldPath: string): string {
  if (/^status\.(podIP|hostIP)s?$/.test(fieldPath)) return podIp;
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (entry) return pod.metadata[entry[1] as "labels" | "annotations"]?.[entry[2]!] ?? "";
  const value = fieldPath
    .split(".")
    .reduce<unknown>((object, key) => (object as Fields | undefined)?.[key], pod);
  if (value === undefined || typeof value === "string") return value ?? "";
  return Object.entries(value as Fields)
    .map(([key, text]) => `${key}=${JSON.stringify(text)}`)
    .join("\n");
}

type Fields = Readonly<Record<string, unknown>>;
