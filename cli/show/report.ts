import { parse } from "yaml";
import { pathText } from "../../config/mesh-file-error";
import type { ValueOrigin } from "../../config/value-origins";
import { shown } from "../../lib/private/shown";
import { shownValue } from "./shown-value";

/** A line for each value, which grep finds by its whole key. */
export function clusterText(values: readonly ValueOrigin[]): string {
  return values
    .map(({ path, value, from }) => `${pathText(path)}: ${text(shownValue(path, value))}  (${from})`)
    .map((line) => shown(line))
    .join("\n");
}

export function clusterJson(cluster: string, values: readonly ValueOrigin[]): string {
  const rows = values.map(({ path, value, from, writtenAt }) => ({
    path: pathText(path),
    value: shownValue(path, value),
    from,
    writtenAt,
  }));
  return JSON.stringify({ schemaVersion: 1, cluster, values: rows }, undefined, 2);
}

/** A string without quotes, unless YAML would then read something else. */
function text(value: unknown): string {
  return typeof value === "string" && isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(value: string): boolean {
  try {
    return parse(value) === value;
  } catch {
    return false;
  }
}
