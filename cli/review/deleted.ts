import type { ClusterConfig, Mesh } from "../../config/mesh";
import { vaultStackOf, vaultStacks } from "../../config/vault-stacks";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import type { Rename } from "./renamed";
import { rules } from "./rules";

/** Clusters that leave the mesh: nothing plans a stack that is no longer synthesized. */
export function deletedFindings(base: Mesh | undefined, head: Mesh, renames: readonly Rename[]): Finding[] {
  const stays = ({ name, nameInVault }: ClusterConfig) =>
    head.clusters.some(
      (other) =>
        other.nameInVault === nameInVault || (other.name === name && renames.every(({ to }) => to !== other)),
    );
  const gone = (base?.clusters ?? []).filter(
    (cluster) => !stays(cluster) && renames.every(({ from }) => from !== cluster),
  );
  return base === undefined || gone.length === 0
    ? []
    : [rules.clusterDeleted(nameList(gone.map(({ name }) => name)), order(base, head, gone))];
}

function order(base: Mesh, head: Mesh, gone: readonly ClusterConfig[]): string {
  const own = nameList(gone.map(({ name }) => name));
  const inVault = [...new Set(gone.map((cluster) => vaultStackOf(base, cluster)))];
  const planned = vaultStacks(head).find(({ name }) => inVault.includes(name));
  if (!planned) {
    const guard = base.preventDestroy ? ', with "preventDestroy: false"' : "";
    return `nothing plans its stacks any more, and what they made stays, keys and logins too; before the merge, destroy ${own}, then ${nameList(inVault)}${guard}, as the commit before has them`;
  }
  const guard = base.preventDestroy
    ? `; Vault refuses that to its deployer as long as "preventDestroy" is true: say "false" in a change before, and write the deployer's policy for both`
    : "; write the deployer's policy for this mesh.yaml and the one before";
  return `the next deploy of ${planned.name} destroys its keys and logins, so destroy ${own} before the merge, as the commit before has it${guard}`;
}
