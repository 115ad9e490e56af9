import { parseAllDocuments } from "yaml";
import { run } from "../../command";
import { isObject, type Json } from "./chart-values";

/** Helm, and where a release of a chart would go. */
export interface Rendering {
  readonly helm: string;
  readonly chart: string;
  readonly name: string;
  readonly namespace: string;
}

/**
 * Every leaf of the objects that a chart renders, by where it stands; text that is JSON or YAML itself is read on.
 * Undefined where the chart refuses the values.
 */
export async function rendered(
  { helm, chart, name, namespace }: Rendering,
  values: Json,
): Promise<ReadonlyMap<string, string> | undefined> {
  const args = ["template", name, chart, "--namespace", namespace, "--values", "-"];
  const { code, stdout } = await run(helm, args, { input: JSON.stringify(values) });
  if (code !== 0) return undefined;
  const found = new Map<string, string>();
  for (const document of parseAllDocuments(stdout)) {
    const object = document.toJS() as Json | null;
    if (!isObject(object)) continue;
    const { kind, metadata } = object as { kind: string; metadata: { name: string } };
    addLeaves(object, `${kind} ${metadata.name}`, found);
  }
  return found;
}

function addLeaves(value: unknown, place: string, found: Map<string, string>): void {
  const inner = typeof value === "string" ? innerOf(value) : value;
  if (typeof inner !== "object" || inner === null) {
    found.set(place, JSON.stringify(value) ?? "");
    return;
  }
  const entries = Object.entries(inner);
  if (entries.length === 0) found.set(place, "{}");
  for (const [key, below] of entries) addLeaves(below, `${place}.${nameOf(below) ?? key}`, found);
}

/** Containers, variables and volumes are found by their names, wherever in a list they stand. */
function nameOf(item: unknown): string | undefined {
  return isObject(item) && typeof item.name === "string" ? item.name : undefined;
}

function innerOf(text: string): unknown {
  if (!text.includes("\n")) return text;
  try {
    const [document] = parseAllDocuments(text);
    return document && document.errors.length === 0 && isObject(document.toJS()) ? document.toJS() : text;
  } catch {
    return text;
  }
}

/** Where two renderings differ. */
export function differing(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  const places = new Set([...one.keys(), ...other.keys()]);
  return [...places].filter((place) => one.get(place) !== other.get(place)).sort();
}
