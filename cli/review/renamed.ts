import { address } from "../../config/cluster-identity";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import type { Finding } from "../../lib/rules";
import type { Checkout } from "./checkout";
import { rules } from "./rules";
import { at, CONFIGURATION, mapping, SynthesizedStack } from "./synthesized";

/** A cluster that has another name than before. */
export interface Rename {
  readonly from: ClusterConfig;
  readonly to: ClusterConfig;
  /** By what it is known for the same, if it would not keep what it has in Vault; undefined if it would. */
  readonly anew: string | undefined;
}

/** The clusters that have a new name. */
export function renamesOf(base: Mesh | undefined, head: Mesh): Rename[] {
  const before = base?.clusters ?? [];
  const gone = before.filter(({ name }) => head.clusters.every((other) => other.name !== name));
  return head.clusters.flatMap((to): Rename[] => {
    const kept = before.find(({ nameInVault }) => nameInVault === to.nameInVault);
    if (kept) return kept.name === to.name ? [] : [{ from: kept, to, anew: undefined }];
    if (before.some(({ name }) => name === to.name)) return [];
    return gone.flatMap((from) => {
      const anew = inCommon(from, to);
      return anew === undefined ? [] : [{ from, to, anew }];
    });
  });
}

/** By what Vault would take the two for one; undefined if by nothing. */
function inCommon(from: ClusterConfig, to: ClusterConfig): string | undefined {
  if (address(from.kubernetesHost) === address(to.kubernetesHost)) return "the API server";
  const [was, is] = [from.vaultAuth, to.vaultAuth];
  if (was.method !== "jwt" || is.method !== "jwt" || address(was.issuer) !== address(is.issuer))
    return undefined;
  const isSame = was.publicKeys
    ? was.publicKeys.some((key) => is.publicKeys?.includes(key))
    : is.publicKeys === undefined;
  return isSame ? "the issuer of tokens" : undefined;
}

/** What a comparison by names alone would take for a cluster that goes and another that comes, or not see at all. */
export function renameFindings(renames: readonly Rename[], base: Mesh | undefined, head: Mesh): Finding[] {
  return [
    ...renames.map(({ from, to, anew }) =>
      anew === undefined
        ? rules.clusterRenamed(from.name, to.name)
        : rules.renamedAnew(from.name, to.name, anew, keysThatKeep(from, to)),
    ),
    ...head.clusters.flatMap(({ name, nameInVault }) => {
      const before = base?.clusters ?? [];
      const from = before.find((cluster) => cluster.name === name)?.nameInVault ?? nameInVault;
      const isKnown = before.some((cluster) => cluster.nameInVault === nameInVault);
      return isKnown || from === nameInVault ? [] : [rules.newNameInVault(name, from, nameInVault)];
    }),
    ...head.clusters.flatMap((to) => {
      const kept = renames.find((rename) => rename.to === to && rename.anew === undefined);
      const from = kept?.from ?? base?.clusters.find(({ name }) => name === to.name);
      return from && from.clusterId !== to.clusterId
        ? [rules.clusterIdChanged(to.name, from.clusterId, to.clusterId)]
        : [];
    }),
  ];
}

function keysThatKeep(from: ClusterConfig, to: ClusterConfig): string {
  const id = from.clusterId === to.clusterId ? "" : ` and "clusterId: ${from.clusterId}"`;
  return `"nameInVault: ${from.nameInVault}"${id}`;
}

/** The base as if the clusters that keep what they have had had their new names: what else differs is then seen. */
export function withNewNames(base: Checkout, renames: readonly Rename[]): Checkout {
  const kept = renames.filter(({ anew }) => anew === undefined);
  const names = new Map(kept.map(({ from, to }) => [from.name, to.name]));
  const { mesh, stacks, ...rest } = base;
  return {
    ...rest,
    mesh: mesh && {
      ...mesh,
      clusters: mesh.clusters.map((cluster) => ({
        ...cluster,
        name: names.get(cluster.name) ?? cluster.name,
      })),
    },
    stacks: new Map(
      [...stacks].map(([name, stack]) => {
        const to = names.get(name);
        return to === undefined ? [name, stack] : [to, stackWithNewName(stack, to)];
      }),
    ),
  };
}

/** Its name is in the place of its state, and in front of the places of its constructs. */
function stackWithNewName({ name: from, json, files }: SynthesizedStack, to: string): SynthesizedStack {
  const resources = Object.entries(mapping(json.resource)).map(([type, byId]) => [
    type,
    Object.fromEntries(
      Object.entries(mapping(byId)).map(([id, resource]) => [id, withNewPath(resource, from, to)]),
    ),
  ]);
  const terraform = mapping(json.terraform);
  const written = {
    ...json,
    terraform: { ...terraform, backend: withLastName(terraform.backend, from, to) },
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

/** A stack's name is the last that a key of its state holds; what stands before it is of all stacks. */
function withLastName(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string") {
    const place = value.lastIndexOf(from);
    return place < 0 ? value : `${value.slice(0, place)}${to}${value.slice(place + from.length)}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [key, withLastName(below, from, to)]),
  );
}
