import { istioSection, type MeshSettings } from "../mesh-file";
import type { Rig } from "../rig";

export const CLUSTER = "cluster1";
export const CANARY = "canary";

/** The states of a canary upgrade, in their order; the canary is of the minor version above the rig's own. */
export type UpgradeState = "one" | "listed" | "promoted" | "removed";

export function upgradeMesh(rig: Rig, state: UpgradeState): MeshSettings {
  const revisions = {
    ...(state !== "removed" && { default: {} }),
    ...(state !== "one" && { [CANARY]: istioSection(rig.nextIstio) }),
  };
  const defaultRevision = state === "promoted" || state === "removed" ? CANARY : "default";
  const istio = state === "one" ? {} : { revisions, defaultRevision };
  return { clusters: [CLUSTER], overrides: { [CLUSTER]: { istio } } };
}
