import type { Part } from "./checks";
import { adoptParts } from "./parts/adopt";
import { demo } from "./parts/demo";
import { lintAgreement } from "./parts/lint-agreement";
import { lintOnVault } from "./parts/lint-on-vault";
import { localVault } from "./parts/local-vault";
import { lintDifference, lintDifferenceInBoringSsl } from "./parts/lint-difference";
import { statusParts } from "./parts/status";
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

const lintParts: readonly Part[] = [lintAgreement, lintOnVault];

/** On the minor version of Istio below the default. */
function onMinorBelow(name: string, parts: readonly Part[]): Scenario {
  return { name: `${name}-below`, parts, variant: { istio: "Istio, the minor below" } };
}

/** Each starts a rig of its own, and can be run alone by its name. */
export const scenarios: readonly Scenario[] = [
  { name: "demo", parts: [localVault, demo] },
  { name: "adopt", parts: adoptParts },
  { name: "lint", parts: [...lintParts, lintDifference, lintDifferenceInBoringSsl] },
  { name: "lint-two-below", parts: lintParts, variant: { istio: "Istio, two minors below" } },
  { name: "status", parts: statusParts },
  onMinorBelow("lint", lintParts),
];
