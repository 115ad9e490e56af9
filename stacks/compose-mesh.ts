import type { App } from "cdktf";
import type { Mesh } from "../config/mesh";
import { vaultStackOf, vaultStacks } from "../config/vault-stacks";
import { ClusterStack } from "./cluster-stack";
import { VaultStack } from "./vault-stack";

/** The stacks of a mesh. */
export interface MeshStacks {
  /** Vault's: first the one with what is shared, then one for each cluster; one alone where a root is of the tls provider. */
  readonly vault: readonly VaultStack[];
  readonly clusters: readonly ClusterStack[];
}

/**
 * One stack for what of Vault is shared, and for each cluster one in Vault and one for what runs there. They are deployed in this
 * order; stacks share names, not values.
 */
export function composeMesh(app: App, mesh: Mesh): MeshStacks {
  const vault = vaultStacks(mesh).map((contents) => new VaultStack(app, mesh, contents));
  const [shared, ...others] = vault;
  for (const stack of others) stack.addDependency(shared);
  const byName = new Map(vault.map((stack) => [stack.node.id, stack]));
  const clusters = mesh.clusters.map((cluster) => {
    const stack = new ClusterStack(app, mesh, cluster);
    stack.addDependency(byName.get(vaultStackOf(mesh, cluster))!);
    return stack;
  });
  return { vault, clusters };
}
