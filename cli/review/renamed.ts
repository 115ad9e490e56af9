import { isDeepStrictEqual } from "node:util";
import { TerraformStack } from "cdktf";
import { RootConstruct } from "constructs";
import type { BackendConfig, ClusterConfig, Mesh } from "../../config/mesh";
import { sharedVaultStack } from "../../config/vault-stacks";
import { VAULT_ROOT_STACK } from "../../lib/names";
import type { Finding } from "../../lib/rules";
import { addBackend } from "../../stacks/backend";
import type { Checkout } from "./checkout";
import { rules } from "./rules";
import { inCommon } from "./same-cluster";
import { at, CONFIGURATION, mapping, SynthesizedStack } from "./synthesized";

/** A cluster that has another name than before, or another in Vault. */
export interface Rename {
  readonly from: ClusterConfig;
  readonly to: ClusterConfig;
  /** By what it is known for the same, if it would not keep what it has in Vault; undefined if it would. */
  readonly anew: string | undefined;
}

/** The clusters that have a new name. */
export function renamesOf(base: Mesh | undefined, head: Mesh): Rename[] {
  const before = byNameInVault(base);
  const left = withoutSuccessor([...before.values()], byNameInVault(head));
  return head.clusters.flatMap((to): Rename[] => {
    const kept = before.get(to.nameInVault);
    const isItself = kept !== undefined && inCommon(kept, to) !== undefined;
    const from = isItself ? undefined : left.find((one) => one !== kept && inCommon(one, to) !== undefined);
    if (from) return [{ from, to, anew: inCommon(from, to) }];
    return kept && kept.name !== to.name ? [{ from: kept, to, anew: undefined }] : [];
  });
}

function byNameInVault(mesh: Mesh | undefined): Map<string, ClusterConfig> {
  return new Map((mesh?.clusters ?? []).map((cluster) => [cluster.nameInVault, cluster]));
}

/** Those that no cluster is any more, by its name in Vault and by how it is reached. */
function withoutSuccessor(
  clusters: readonly ClusterConfig[],
  after: ReadonlyMap<string, ClusterConfig>,
): ClusterConfig[] {
  return clusters.filter((from) => {
    const to = after.get(from.nameInVault);
    return to === undefined || inCommon(from, to) === undefined;
  });
}

/** What a comparison by names alone would take for a cluster that goes and another that comes, or not see at all. */
export function renameFindings(renames: readonly Rename[], base: Mesh | undefined, head: Mesh): Finding[] {
  const renamed = new Set(renames.filter(({ anew }) => anew === undefined).map(({ from }) => from));
  const unrenamed = (base?.clusters ?? []).filter((cluster) => !renamed.has(cluster));
  const byName = new Map(unrenamed.map((cluster) => [cluster.name, cluster]));
  return [
    ...renames.map((rename) =>
      rename.anew === undefined
        ? rules.clusterRenamed(rename.from.name, rename.to.name)
        : anewFinding(rename, rename.anew, base!, head),
    ),
    ...head.clusters.flatMap((to) => {
      const from = byName.get(to.name);
      const isSaid = renames.some((rename) => rename.to === to);
      return !from || isSaid || from.nameInVault === to.nameInVault
        ? []
        : [rules.newNameInVault(to.name, from.nameInVault, to.nameInVault, newKeys(base!, head))];
    }),
    ...head.clusters.flatMap((to) => {
      const kept = renames.find((rename) => rename.to === to && rename.anew === undefined);
      const from = kept?.from ?? byName.get(to.name);
      return from && from.clusterId !== to.clusterId
        ? [rules.clusterIdChanged(to.name, from.clusterId, to.clusterId)]
        : [];
    }),
  ];
}

function anewFinding({ from, to }: Rename, what: string, base: Mesh, head: Mesh): Finding {
  const [before, after] = [base, head].map(({ clusters }) => clusters.map(({ name }) => name));
  const owner = base.clusters.find(({ nameInVault }) => nameInVault === to.nameInVault);
  if (!owner && !before.includes(to.name) && !after.includes(from.name)) {
    return rules.renamedAnew(to.name, `${what} of ${from.name}`, fate(base, head), keysThatKeep(from, to));
  }
  const isSame = from.name === to.name;
  return rules.newNameInVault(
    isSame ? to.name : `${to.name}, which has ${what} of ${from.name},`,
    from.nameInVault,
    to.nameInVault,
    owner ? `it would get the keys and logins of ${owner.name}` : newKeys(base, head),
    isSame ? "" : `; for a cluster without anything of ${from.name}, delete that in a change before`,
  );
}

function newKeys(base: Mesh, head: Mesh): string {
  const unseen = isOneStack(base, head) ? "" : ", which no plan shows any more";
  return `it would get new keys and logins, and those it has would ${fate(base, head)}${unseen}`;
}

/** What becomes of objects in Vault under a name that is no cluster's any more. */
function fate(base: Mesh, head: Mesh): string {
  return isOneStack(base, head) ? `be destroyed by the deploy of ${VAULT_ROOT_STACK}` : "stay";
}

function isOneStack(...meshes: readonly Mesh[]): boolean {
  return meshes.every((mesh) => sharedVaultStack(mesh) === VAULT_ROOT_STACK);
}

function keysThatKeep(from: ClusterConfig, to: ClusterConfig): string {
  const id = from.clusterId === to.clusterId ? "" : ` and "clusterId: ${from.clusterId}"`;
  return `"nameInVault: ${from.nameInVault}"${id}`;
}

/**
 * The base as if the clusters that keep what they have had had their new names: what else differs is then seen. One that
 * goes while another takes its name is a cluster of its own.
 */
export function withNewNames(base: Checkout, renames: readonly Rename[]): Checkout {
  const kept = renames.filter(({ anew }) => anew === undefined);
  const names = new Map(kept.map(({ from, to }) => [from.name, to.name]));
  const taken = new Set(names.values());
  const nameOf = (name: string) => names.get(name) ?? (taken.has(name) ? `former ${name}` : name);
  const { mesh, stacks, ...rest } = base;
  if (!mesh || names.size === 0) return base;
  return {
    ...rest,
    mesh: {
      ...mesh,
      clusters: mesh.clusters.map((cluster) => ({ ...cluster, name: nameOf(cluster.name) })),
    },
    stacks: new Map(
      [...stacks].map(([name, stack]) => [
        nameOf(name),
        names.has(name) ? stackWithNewName(stack, nameOf(name), mesh.backend) : stack,
      ]),
    ),
  };
}

/** Its name is in the place of its state, and in front of the places of its constructs. */
function stackWithNewName(
  { name: from, json, files }: SynthesizedStack,
  to: string,
  backend: BackendConfig,
): SynthesizedStack {
  const resources = Object.entries(mapping(json.resource)).map(([type, byId]) => [
    type,
    Object.fromEntries(
      Object.entries(mapping(byId)).map(([id, resource]) => [id, withNewPath(resource, from, to)]),
    ),
  ]);
  const terraform = mapping(json.terraform);
  // Of one that mesh.yaml does not declare nobody knows where the name is.
  const isDeclared = isDeepStrictEqual(terraform.backend, declaredBackend(from, backend));
  const written = {
    ...json,
    terraform: { ...terraform, ...(isDeclared && { backend: declaredBackend(to, backend) }) },
    resource: Object.fromEntries(resources),
  };
  return new SynthesizedStack(to, new Map([...files, [CONFIGURATION, JSON.stringify(written)] as const]));
}

function withNewPath(resource: unknown, from: string, to: string): unknown {
  const comment = mapping(mapping(resource)["//"]);
  const path = at(comment, "metadata", "path");
  if (typeof path !== "string" || !path.startsWith(`${from}/`)) return resource;
  const metadata = { ...mapping(comment.metadata), path: `${to}${path.slice(from.length)}` };
  return { ...mapping(resource), "//": { ...comment, metadata } };
}

function declaredBackend(name: string, backend: BackendConfig): unknown {
  const stack = new TerraformStack(new RootConstruct(), name);
  addBackend(stack, backend);
  return at(JSON.parse(JSON.stringify(stack.toTerraform())), "terraform", "backend");
}
