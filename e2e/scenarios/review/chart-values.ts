import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export type Json = Record<string, unknown>;

/** One value of a chart, set to another of its type. */
export interface ChartValue {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The values that Istio's charts wrap, so that profiles come between them and a user's. */
const WRAPPER = "_internal_defaults_do_not_set";

/** Every value in a chart's own values.yaml, each changed. */
export function changedValues(chartDirectory: string): ChartValue[] {
  const { [WRAPPER]: wrapped, ...plain } = parse(
    readFileSync(join(chartDirectory, "values.yaml"), "utf8"),
  ) as Json;
  return leaves({ ...plain, ...(wrapped as Json | undefined) });
}

function leaves(value: unknown, path: readonly string[] = []): ChartValue[] {
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, below]) => leaves(below, [...path, key]));
  }
  return [{ path, value: another(value) }];
}

function another(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (Array.isArray(value)) return [...(value as unknown[]), value[0] ?? "x"];
  return isObject(value) ? { x: "y" } : "changed";
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy of values with one of them set. */
export function withValue(values: Json, { path, value }: ChartValue): Json {
  const [key, ...rest] = path;
  const below = values[key!];
  const changed = rest.length === 0 ? value : withValue(isObject(below) ? below : {}, { path: rest, value });
  return { ...values, [key!]: changed };
}
