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
  const without = (clusters: readonly ClusterConfig[], others: readonly ClusterConfig[]) =>
    clusters.filter(({ name }) => others.every((other) => other.name !== name));
  const before = base?.clusters ?? [];
  const gone = without(before, head.clusters);
  return without(head.clusters, before).flatMap((to): Rename[] => {
    const kept = gone.find(({ nameInVault }) => nameInVault === to.nameInVault);
    if (kept) return [{ from: kept, to, anew: undefined }];
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
  return renames
    .filter(({ anew }) => anew === undefined)
    .reduce((checkout, { from, to }) => withNewName(checkout, from.name, to.name), base);
}

function withNewName({ mesh, stacks, ...rest }: Checkout, from: string, to: string): Checkout {
  return {
    ...rest,
    mesh: mesh && {
      ...mesh,
      clusters: mesh.clusters.map((cluster) => (cluster.name === from ? { ...cluster, name: to } : cluster)),
    },
    stacks: new Map(
      [...stacks].map(([name, stack]) =>
        name === from ? [to, stackWithNewName(stack, to)] : ([name, stack] as const),
      ),
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
