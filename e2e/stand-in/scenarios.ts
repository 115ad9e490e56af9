import type { Part } from "./checks";
import { adoptParts } from "./parts/adopt";
import type { Need } from "../programs";
import type { RigVariant } from "./rig";

/** Parts that share one rig and build on each other, in the order they run. */
export interface Scenario {
  readonly name: string;
  readonly parts: readonly Part[];
  /** What its rig has in place of the usual. */
  readonly variant?: RigVariant;
}

/** What a scenario needs besides what its parts say. */
export function needsOf({ variant }: Scenario): readonly Need[] {
  return [variant?.terraform, variant?.vaultServer, variant?.istio].filter((need) => need !== undefined);
}

/** Each starts a rig of its own, and can be run alone by its name. */
export const scenarios: readonly Scenario[] = [{ name: "adopt", parts: adoptParts }];
