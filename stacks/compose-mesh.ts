import type { App } from "cdktf";
import type { Mesh } from "../config/mesh";
import { ClusterStack } from "./cluster-stack";
import { VaultRootStack } from "./vault-root-stack";

/** The stacks of a mesh. */
export interface MeshStacks {
  readonly vaultRoot: VaultRootStack;
  readonly clusters: readonly ClusterStack[];
}

/** One stack for Vault, one for each cluster. Clusters are deployed after Vault; stacks share names, not values. */
export function composeMesh(app: App, mesh: Mesh): MeshStacks {
  const vaultRoot = new VaultRootStack(app, mesh);
  const clusters = mesh.clusters.map((cluster) => {
    const stack = new ClusterStack(app, mesh, cluster);
    stack.addDependency(vaultRoot);
    return stack;
  });
  return { vaultRoot, clusters };
}
