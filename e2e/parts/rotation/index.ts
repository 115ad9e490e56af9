import type { Part } from "../../checks";
import { deployedMesh } from "./deploy-mesh";
import { compromisedRoot, lesserIncidents } from "./incidents";
import { forbiddenShortcuts } from "./shortcuts";
import { steps } from "./steps";

/** A root is replaced, and the old one comes back. */
export const rotationParts: readonly Part[] = [steps];

/** Each way not to replace it fails, and what went wrong by itself is mended. */
export const trustBrokenParts: readonly Part[] = [
  deployedMesh,
  lesserIncidents,
  forbiddenShortcuts,
  compromisedRoot,
];
