import { isDeepStrictEqual } from "node:util";
import { Lazy, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { jsonText, requireKnown, requireKnownList } from "./tokens";

/** Values of a Helm chart. */
export type HelmValues = Readonly<Record<string, unknown>>;

/** The three sources of a release's values. */
export interface HelmValueSources {
  /** What the construct stands for; the user may not overwrite it. */
  readonly owned: HelmValues;
  /** What the construct suggests; the user's values win. */
  readonly defaults?: HelmValues;
  readonly user?: HelmValues;
  /** Top-level lists among the owned ones that the user's own entries follow. */
  readonly extensible?: readonly string[];
}

/**
 * One set of values, maps merged key by key.
 *
 * @throws ValidationError IV0130 where the user's values, or a list they extend, are known only to Terraform
 * @throws ValidationError IV0401 where the user's values would overwrite an owned one
 */
export function mergeHelmValues(sources: HelmValueSources, scope: IConstruct): HelmValues {
  const { owned, defaults = {}, user = {}, extensible = [] } = sources;
  requireKnown("values", user, scope);
  const extended: Record<string, unknown> = { ...owned };
  const rest: Record<string, unknown> = { ...user };
  for (const list of extensible) {
    if (!(list in rest)) continue;
    requireKnownList(`values.${list}`, rest[list], scope);
    if (!Array.isArray(rest[list])) throw new ValidationError(rules.helmValueOwned(list), scope);
    extended[list] = [...((owned[list] ?? []) as unknown[]), ...(rest[list] as unknown[])];
    delete rest[list];
  }
  refuseOverwrites(owned, rest, [], scope);
  return overlay(overlay(defaults, rest), extended);
}

/** Values as a release takes them: JSON is YAML, and Terraform shows its changes value by value. */
export function helmValuesText(values: HelmValues): string {
  return Lazy.stringValue({ produce: (context) => jsonText(values, context) });
}

function refuseOverwrites(owned: HelmValues, user: HelmValues, path: string[], scope: IConstruct): void {
  for (const [key, ours] of Object.entries(owned)) {
    if (!(key in user)) continue;
    const theirs = user[key];
    const here = [...path, key];
    if (isMap(ours) && isMap(theirs)) {
      refuseOverwrites(ours, theirs, here, scope);
    } else if (!isDeepStrictEqual(ours, theirs)) {
      throw new ValidationError(rules.helmValueOwned(here.join(".")), scope);
    }
  }
}

/** `over` laid upon `base`, as Helm does: maps are merged key by key, anything else is replaced. */
export function overlay(base: HelmValues, over: HelmValues): HelmValues {
  const laid: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    laid[key] = isMap(value) && isMap(below) ? overlay(below, value) : value;
  }
  return laid;
}

/** Whether a value is a map whose keys are known: a reference to one is not. */
export function isMap(value: unknown): value is HelmValues {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !Token.isUnresolved(value);
}
