import { Duration } from "../duration";
import { type HelmValues, isMap } from "./helm-values";

/** istiod's variable for the longest lifetime of a workload's certificate. */
export const MAX_LEAF_LIFETIME_VARIABLE = "MAX_WORKLOAD_CERT_TTL";

/** How long a leaf under an old root lives at most, and so how long a rotation step waits. */
export const MAX_LEAF_LIFETIME = Duration.hours(24);

const SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** The same in seconds, where the user's own values may say otherwise; undefined for what is no length of time. */
export function maxLeafSeconds(values: HelmValues): number | undefined {
  const own = ownLifetime(values);
  return own === undefined ? MAX_LEAF_LIFETIME.toSeconds() : goSeconds(own);
}

/** The same as it is written. */
export function maxLeafText(values: HelmValues): string {
  return `${(ownLifetime(values) as string | undefined) ?? MAX_LEAF_LIFETIME.toGoString()}`;
}

/** A length of time as Go writes it, such as `1h30m`, in seconds; undefined for what is none. */
export function goSeconds(text: unknown): number | undefined {
  const parts = [...`${text as string}`.matchAll(/(\d+)([hms])/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "") return undefined;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
}

function ownLifetime(values: HelmValues): unknown {
  return (isMap(values.pilot) ? variable(values.pilot) : undefined) ?? variable(values);
}

/** The chart writes `envVarFrom` after `env`, where the last one of a name wins; what it refers to is not known. */
function variable({ env, envVarFrom }: HelmValues): unknown {
  const later = (Array.isArray(envVarFrom) ? envVarFrom : []).findLast(
    (entry) => isMap(entry) && entry.name === MAX_LEAF_LIFETIME_VARIABLE,
  );
  if (isMap(later)) return later.value ?? "";
  return isMap(env) ? env[MAX_LEAF_LIFETIME_VARIABLE] : undefined;
}
