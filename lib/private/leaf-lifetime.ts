import { Duration } from "../duration";
import { type HelmValues, valueAt } from "./helm-values";

/** istiod's variable for the longest lifetime of a workload's certificate. */
export const MAX_LEAF_LIFETIME_VARIABLE = "MAX_WORKLOAD_CERT_TTL";

/** How long a leaf under an old root lives at most, and so how long a rotation step waits. */
export const MAX_LEAF_LIFETIME = Duration.hours(24);

/** The variable of an agent that says how long a certificate it asks for. */
const ASKED_LIFETIME_VARIABLE = "SECRET_TTL";

const SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** The longest in seconds, where the user's own values may say otherwise; undefined for what is no length of time. */
export function maxLeafSeconds(values: HelmValues): number | undefined {
  const written = maxLeafLifetime(values);
  return written === undefined ? MAX_LEAF_LIFETIME.toSeconds() : seconds(written);
}

/** What agents ask for, and the longest istiod gives, where the one is longer: it then gives them none at all. */
export function refusedLifetime(values: HelmValues): { asked: string; longest: string } | undefined {
  const asked = valueAt(values, ["meshConfig", "defaultConfig", "proxyMetadata", ASKED_LIFETIME_VARIABLE]);
  const longest = maxLeafLifetime(values) ?? MAX_LEAF_LIFETIME.toGoString();
  return (seconds(asked) ?? 0) > (seconds(longest) ?? Infinity)
    ? { asked: `${asked as string}`, longest: `${longest as string}` }
    : undefined;
}

function maxLeafLifetime(values: HelmValues): unknown {
  const path = ["env", MAX_LEAF_LIFETIME_VARIABLE];
  return valueAt(values, ["pilot", ...path]) ?? valueAt(values, path);
}

/** Of a length of time as Go writes it. */
function seconds(text: unknown): number | undefined {
  const parts = [...`${text as string}`.matchAll(/(\d+)([hms])/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "") return undefined;
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
}
