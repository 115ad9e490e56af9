import type { IConstruct } from "constructs";
import { Duration } from "../duration";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { type HelmValues, isMap } from "./helm-values";

/** How long a leaf lives where nobody says otherwise: Istio's own default, for its proxies. */
export const LEAF_LIFETIME = Duration.hours(24);

/** istiod's variables: what it signs for where no lifetime is requested, and for how long at most. */
export const DEFAULT_LIFETIME_VARIABLE = "DEFAULT_WORKLOAD_CERT_TTL";
export const MAX_LIFETIME_VARIABLE = "MAX_WORKLOAD_CERT_TTL";

/** The proxies' variable: what they request. A proxy has it from its injection on, until its pod is replaced. */
export const REQUESTED_LIFETIME_VARIABLE = "SECRET_TTL";

const VARIABLES = [DEFAULT_LIFETIME_VARIABLE, MAX_LIFETIME_VARIABLE, REQUESTED_LIFETIME_VARIABLE];

/** The lifetimes of a cluster's leaves. */
export interface LeafLifetimes {
  readonly leafLifetime?: Duration;
  readonly maxLeafLifetime?: Duration;
}

/** Whether a leaf may live that long: istiod dates it back by two minutes, and signs for 90 days at most by itself. */
export function isLeafLifetime(lifetime: Duration): boolean {
  return !Duration.minutes(2).isLongerThan(lifetime) && !lifetime.isLongerThan(Duration.days(90));
}

/**
 * What a cluster's leaves live, and what istiod signs for at most.
 *
 * @throws ValidationError IV0406 if proxies would request more than istiod signs for
 * @throws ValidationError IV0407 if one of them is out of range
 */
export function leafLifetimes(
  { leafLifetime = LEAF_LIFETIME, maxLeafLifetime }: LeafLifetimes,
  scope: IConstruct,
) {
  const most = maxLeafLifetime ?? leafLifetime;
  for (const [name, lifetime] of Object.entries({ leafLifetime, maxLeafLifetime: most })) {
    if (!isLeafLifetime(lifetime)) throw new ValidationError(rules.leafLifetime(name, `${lifetime}`), scope);
  }
  if (leafLifetime.isLongerThan(most)) {
    throw new ValidationError(rules.leafOutlivesMaximum(`${most}`, `${leafLifetime}`), scope);
  }
  return { leafLifetime, maxLeafLifetime: most };
}

/**
 * Fails where a user's values name one of the variables, wherever that is: an environment, an annotation, a template.
 *
 * @throws ValidationError IV0408 for the first
 */
export function refuseLeafLifetimes(values: HelmValues | undefined, scope: IConstruct): void {
  const path = placeOf(values);
  if (path) throw new ValidationError(rules.leafLifetimeElsewhere(path.join(".")), scope);
}

function placeOf(value: unknown): string[] | undefined {
  if (typeof value === "string") return VARIABLES.some((name) => value.includes(name)) ? [] : undefined;
  if (!Array.isArray(value) && !isMap(value)) return undefined;
  for (const [key, below] of Object.entries(value)) {
    const path = placeOf(key) ?? placeOf(below);
    if (path) return [key, ...path];
  }
  return undefined;
}
