import type { Part } from "../../checks";
import { toExternal } from "./to-external";
import { toTerraform } from "./to-terraform";

/** A mesh that changes who issues its intermediates, and back, while it serves. */
export const switchIssuanceParts: readonly Part[] = [toExternal, toTerraform];
