import type { Part } from "../../checks";
import { deployedMesh } from "./deploy-mesh";
import { compromisedRoot, lesserIncidents } from "./incidents";
import { forbiddenShortcuts } from "./shortcuts";
import { lostVault, restoredVault } from "./vault-lost";

/** Each way not to replace it fails, and what went wrong by itself is mended. */
export const trustBrokenParts: readonly Part[] = [
  deployedMesh,
  lesserIncidents,
  forbiddenShortcuts,
  compromisedRoot,
];

/** What Vault holds is older than the mesh, or gone. */
export const vaultLostParts: readonly Part[] = [deployedMesh, restoredVault, lostVault];
