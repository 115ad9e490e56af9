import { type IstioBuild, ISTIO_NEEDS } from "../../istio-builds";
import { istioSection, type MeshSettings } from "../mesh-file";
import type { Rig } from "../rig";

export const CLUSTER = "cluster1";
export const CANARY = "canary";

/** The canary is of the minor version above the rig's own. */
export function canaryBuild({ programs, istio }: Rig): IstioBuild {
  const own = ISTIO_NEEDS.find((need) => !programs.missing.has(need) && programs.istio(need) === istio);
  return programs.istio(ISTIO_NEEDS[ISTIO_NEEDS.indexOf(own!) - 1]!);
}

/** The states of a canary upgrade, in their order. */
export type UpgradeState = "one" | "listed" | "promoted" | "removed";

export function upgradeMesh(rig: Rig, state: UpgradeState): MeshSettings {
  const revisions = {
    ...(state !== "removed" && { default: {} }),
    ...(state !== "one" && { [CANARY]: istioSection(canaryBuild(rig)) }),
  };
  const defaultRevision = state === "promoted" || state === "removed" ? CANARY : "default";
  const istio = state === "one" ? {} : { revisions, defaultRevision };
  return { clusters: [CLUSTER], overrides: { [CLUSTER]: { istio } } };
}
