import type { Duration } from "../lib";

/** The longest of these durations, of which there is one. */
export function longest(durations: readonly Duration[]): Duration {
  return durations.reduce((one, other) => (other.isLongerThan(one) ? other : one));
}
