import { clusterVaultStack, VAULT_ROOT_STACK, VAULT_SHARED_STACK } from "../lib/names";
import type { ClusterConfig, Mesh } from "./mesh";

/** One of Vault's stacks, and what is in it. */
export interface VaultStackContents {
  readonly name: string;
  /** Whether it has the roots, and what else is no cluster's. */
  readonly isShared: boolean;
  /** The clusters whose objects it has. */
  readonly clusters: readonly ClusterConfig[];
}

/**
 * Vault's stacks in the order in which they are deployed: one for what is shared and one for each cluster. All is in one
 * where a root is of the tls provider: its key is known to one state alone.
 */
export function vaultStacks(mesh: Mesh): readonly VaultStackContents[] {
  if (isOneStack(mesh)) return [{ name: VAULT_ROOT_STACK, isShared: true, clusters: mesh.clusters }];
  return [
    { name: VAULT_SHARED_STACK, isShared: true, clusters: [] },
    ...mesh.clusters.map((cluster) => ({
      name: clusterVaultStack(cluster.nameInVault),
      isShared: false,
      clusters: [cluster],
    })),
  ];
}

/** Name of the stack with the roots, and what else is no cluster's. */
export function sharedVaultStack(mesh: Pick<Mesh, "roots">): string {
  return isOneStack(mesh) ? VAULT_ROOT_STACK : VAULT_SHARED_STACK;
}

/** Name of the stack with a cluster's Vault objects. */
export function vaultStackOf(
  mesh: Pick<Mesh, "roots">,
  { nameInVault }: Pick<ClusterConfig, "nameInVault">,
): string {
  return isOneStack(mesh) ? VAULT_ROOT_STACK : clusterVaultStack(nameInVault);
}

function isOneStack({ roots }: Pick<Mesh, "roots">): boolean {
  return roots.some(({ source }) => source === "tls-provider");
}
