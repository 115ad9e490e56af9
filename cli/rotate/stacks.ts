import type { Mesh } from "../../config/mesh";
import { VAULT_ROOT_STACK } from "../../lib/names";

/** A stack that a step deploys, and the clusters that are seen to follow. */
export interface DeployedStack {
  readonly stack: string;
  readonly clusters: readonly string[];
}

/** The stacks of a step, in their order: bundles and intermediates are all Vault's. */
export function stacksOf({ clusters }: Mesh): DeployedStack[] {
  return [{ stack: VAULT_ROOT_STACK, clusters: clusters.map(({ name }) => name) }];
}
