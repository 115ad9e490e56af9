import type { Mesh } from "../../config/mesh";
import { KUBELET_SECONDS, loadSeconds } from "../status/gate-waits";
import { PUSH_SECONDS } from "../status/proxies";

/** How long a kind of step takes at least once it is deployed, in seconds. */
export interface StepSeconds {
  /** Until a bundle, or an intermediate, is loaded everywhere. */
  readonly load: number;
  /** Until pods have the roots by which their agents verify istiod. */
  readonly trust: number;
  /** Until every proxy that is connected has another certificate. */
  readonly renew: number;
}

/** @param renewalSeconds how long the istiods take to sign for all that are connected to them, the slowest first */
export function stepSeconds(mesh: Mesh, renewalSeconds: number): StepSeconds {
  const load = Math.max(...mesh.clusters.map((cluster) => loadSeconds({ facts: { cluster } })));
  return { load, trust: load + KUBELET_SECONDS, renew: load + PUSH_SECONDS + renewalSeconds };
}
