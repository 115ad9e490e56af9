import type { Mesh } from "../../config/mesh";

/** Stacks that a step deploys in one go, by their pattern, and the clusters that are seen to follow. */
export interface DeployedStack {
  readonly stack: string;
  readonly clusters: readonly string[];
}

/** The stacks of a step, in their order: bundles and intermediates are all Vault's. */
export function stacksOf({ clusters }: Mesh): DeployedStack[] {
  return [{ stack: "vault-*", clusters: clusters.map(({ name }) => name) }];
}
