import { Duration } from "../duration";
import { type HelmValues, isMap } from "./helm-values";

/** istiod's variable for the longest lifetime of a workload's certificate. */
export const MAX_LEAF_LIFETIME_VARIABLE = "MAX_WORKLOAD_CERT_TTL";

/** How long a leaf under an old root lives at most, and so how long a rotation step waits. */
export const MAX_LEAF_LIFETIME = Duration.hours(24);

const SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** The same in seconds, where the user's own values may say otherwise; undefined for what is no length of time. */
export function maxLeafSeconds(values: HelmValues): number | undefined {
  const own = (isMap(values.pilot) ? variable(values.pilot) : undefined) ?? variable(values);
  if (own === undefined) return MAX_LEAF_LIFETIME.toSeconds();
  const parts = [...`${own as string}`.matchAll(/(\d+)([hms])/g)];
  if (parts.map(([part]) => part).join("") !== own || own === "") return undefined;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
}

function variable({ env }: HelmValues): unknown {
  return isMap(env) ? env[MAX_LEAF_LIFETIME_VARIABLE] : undefined;
}
