import type { Deployment } from "./deployment";
import type { Rig } from "./rig";

/** What the checks work on. */
export interface World {
  readonly rig: Rig;
  readonly deployment: Deployment;
}
