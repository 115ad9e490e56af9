import type { Mesh } from "../../config/mesh";
import { clusterVaultStack } from "../../lib/names";
import type { Difference } from "./differences";
import { listChange } from "./list-change";
import { shown } from "./shown";
import type { Resource, SynthesizedStack } from "./synthesized";

/** What a rule makes of a difference: nothing that matters, something a finding says already, or a finding. */
export type Explanation =
  | { readonly kind: "harmless"; readonly rule: string }
  /** Said by findings of one of these rules; where there is none, by what stands instead, or not at all. */
  | { readonly kind: "told"; readonly rules: readonly string[]; readonly otherwise?: Explanation }
  | { readonly kind: "shown"; readonly what: string; readonly why: string }
  | { readonly kind: "weakened"; readonly what: string };

export const harmless = (rule: string): Explanation => ({ kind: "harmless", rule });
export const told = (rule: string | readonly string[], otherwise?: Explanation): Explanation => ({
  kind: "told",
  rules: typeof rule === "string" ? [rule] : rule,
  otherwise,
});
export const toRead = (what: string, why: string): Explanation => ({ kind: "shown", what, why });
export const weakened = (what: string): Explanation => ({ kind: "weakened", what });

/** What a rule may look at beside the difference. */
export interface Sides {
  readonly base: ReadonlyMap<string, SynthesizedStack>;
  readonly head: ReadonlyMap<string, SynthesizedStack>;
  readonly baseMesh: Mesh | undefined;
  readonly mesh: Mesh;
}

/** One rule: undefined where it knows nothing of the difference. */
export type Explainer = (difference: Difference, sides: Sides) => Explanation | undefined;

/** Keys under which people put what is secret, whatever it looks like. */
const HIDDEN =
  /^(env|args|envVarFrom|extraEnvironmentVars|configuration|data|data_json)$|password|secret|token|credential|private|jwt/i;

/** A place as a person would look for it. */
export function placeText({ path, resource }: Pick<Difference, "path" | "resource">): string {
  return shown(resource ? [placeOf(resource), ...path.slice(3)].join(".") : path.join("."));
}

/** A resource's place in its stack; what is in a cluster's own stack need not say whose it is. */
export function placeOf({ path, stack }: Resource): string {
  const inStack = path.replace(`${stack.name}/`, "");
  const [cluster] = inStack.split("/");
  const place = stack.name === clusterVaultStack(cluster!) ? inStack.replace(`${cluster}/`, "") : inStack;
  return place.replace(/\/Resource$/, "");
}

/** What became of a value, without what could be secret. */
export function changeText(difference: Pick<Difference, "path" | "before" | "after" | "resource">): string {
  const { before, after, path, resource } = difference;
  // A resource's type may have "secret" in its name, and says nothing of what is in it.
  const keys = resource ? path.slice(3) : path;
  const isState = path[0] === "terraform" && path[1] === "backend";
  if (isState || keys.some((key) => HIDDEN.test(key))) return "changes (values not shown)";
  if (before === undefined || isEmpty(before)) return `is new: ${valueText(after)}`;
  if (after === undefined || isEmpty(after)) return `is gone, and was ${valueText(before)}`;
  const entries = Array.isArray(before) && Array.isArray(after) ? listChange(before, after) : undefined;
  if (entries !== undefined) return `changes (${entries})`;
  return `changes from ${valueText(before)} to ${valueText(after)}`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

const MOST = 80;

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** A variable in a list has its value beside its name, whatever that is. */
function withoutSecrets(key: string, value: unknown): unknown {
  return key === "value" || HIDDEN.test(key) ? "(not shown)" : value;
}

function valueText(value: unknown): string {
  if (typeof value === "string") {
    if (/-----BEGIN|\n/.test(value)) return `a text of ${value.length} characters`;
    return `"${cut(shown(value))}"`;
  }
  if (Array.isArray(value)) {
    const texts = value.filter((item) => typeof item === "string");
    return texts.length === value.length && value.length <= 5
      ? `[${texts.map((text) => shown(text)).join(", ")}]`
      : `a list of ${value.length}: ${cut(shown(JSON.stringify(value, withoutSecrets)))}`;
  }
  if (typeof value !== "object" || value === null) return `${value}`;
  return `an object with ${shown(Object.keys(value).slice(0, 5).join(", "))}`;
}
