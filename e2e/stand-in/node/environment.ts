import type { KubeClient } from "../kube-client";
import type { Container, EnvironmentVariable, KeyedData, Pod } from "../kubernetes-objects";
import { podField } from "./downward-api";
import { keyedValues } from "./volumes";

/** The environment variables a container's own definition asks for. */
export async function containerEnvironment(
  api: KubeClient,
  pod: Pod,
  podIp: string,
  container: Container,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    const value = await variableValue(api, pod, podIp, variable);
    if (value !== undefined) environment[variable.name] = expanded(value, environment);
  }
  return environment;
}

async function variableValue(
  api: KubeClient,
  pod: Pod,
  podIp: string,
  { name, value, valueFrom }: EnvironmentVariable,
): Promise<string | undefined> {
  if (!valueFrom) return value ?? "";
  if (valueFrom.fieldRef) return podField(pod, podIp, valueFrom.fieldRef.fieldPath);
  if (valueFrom.resourceFieldRef) return undefined; // nothing limits resources here
  const reference = valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef;
  if (!reference) throw new Error(`env ${name}: its source is unknown to the node stand-in`);
  const kind = valueFrom.secretKeyRef ? "secrets" : "configmaps";
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/${kind}/${reference.name}`;
  const object = await api.get<KeyedData>(path);
  return keyedValues(object, kind === "secrets")
    .get(reference.key)
    ?.toString();
}

/** `$(NAME)` stands for a variable defined before. */
function expanded(value: string, defined: Readonly<Record<string, string>>): string {
  return value.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (text, name: string) => defined[name] ?? text);
}
