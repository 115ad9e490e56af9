import { type Found, string, strings } from "./found";
import { mapping, type Raw } from "./mesh-text";
import { rules } from "./rules";

/** One of the clusters of a mesh, with its place in the list. */
interface Cluster {
  readonly name: string;
  readonly index: number;
  readonly keys: Raw;
  /** As it stands in the expanded file. */
  readonly written: Raw;
}

/**
 * Clusters that Vault or Terraform would take for one another.
 *
 * @param written the clusters of the expanded file
 */
export function sameClustersFound(clusters: readonly Raw[], written: readonly Raw[]): Found[] {
  const all = clusters.map((keys, index) => ({
    name: string(keys.name) ?? `clusters[${index}]`,
    index,
    keys,
    written: written[index]!,
  }));
  const apiServers = sameApiServers(all);
  const said = new Set(apiServers.map(({ path }) => path[1]));
  return [...apiServers, ...sameIssuers(all), ...sameKubeconfigs(all, said)];
}

/**
 * Vault asks the API server whose a token is, and any of its tokens is accepted wherever it is asked, with
 * whichever audience: a ServiceAccount may request one for any. With the JWT method on both sides it is not asked.
 */
function sameApiServers(clusters: readonly Cluster[]): Found[] {
  const firsts = new Map<string, { readonly asked?: Cluster; readonly any: Cluster }>();
  return clusters.flatMap((cluster) => {
    const host = address(cluster.keys.kubernetesHost);
    if (host === undefined) return [];
    const known = firsts.get(host);
    const asked = mapping(cluster.keys.vaultAuth).method === "jwt" ? undefined : cluster;
    firsts.set(host, { any: known?.any ?? cluster, asked: known?.asked ?? asked });
    const first = asked ? known?.any : known?.asked;
    return first ? [at(cluster, ["kubernetesHost"], rules.sameApiServer(cluster.name, first.name))] : [];
  });
}

/** Vault accepts a token by its issuer and its signature: what differs in neither is one cluster to it. */
function sameIssuers(clusters: readonly Cluster[]): Found[] {
  const byIssuer = new Map<
    string,
    { readonly any: Cluster; discovered?: Cluster; readonly byKey: Map<string, Cluster> }
  >();
  return clusters.flatMap((cluster) => {
    const { method, issuer, publicKeysFile } = mapping(cluster.keys.vaultAuth);
    const name = address(issuer);
    if (method !== "jwt" || name === undefined) return [];
    const known = byIssuer.get(name) ?? { any: cluster, byKey: new Map<string, Cluster>() };
    byIssuer.set(name, known);
    const keys = strings(publicKeysFile)?.map(bareKey);
    // Of a file that is wrong nobody knows.
    if (!keys && mapping(cluster.written.vaultAuth).publicKeysFile !== undefined) return [];
    const first = keys
      ? (known.discovered ?? keys.map((key) => known.byKey.get(key)).find((other) => other))
      : known.any;
    if (!keys) known.discovered ??= cluster;
    for (const key of keys ?? []) if (!known.byKey.has(key)) known.byKey.set(key, cluster);
    return first && first !== cluster
      ? [at(cluster, ["vaultAuth", "issuer"], rules.sameIssuer(cluster.name, first.name))]
      : [];
  });
}

/** @param said positions of clusters of which it is known already that their API server is another's */
function sameKubeconfigs(clusters: readonly Cluster[], said: ReadonlySet<PropertyKey | undefined>): Found[] {
  const firsts = new Map<string, Cluster>();
  return clusters.flatMap((cluster) => {
    const { exec, file, context } = mapping(cluster.keys.kubeconfig);
    const { host = cluster.keys.kubernetesHost } = mapping(exec);
    // Programs and their arguments may be the same for all clusters, as those of GKE and AKS are.
    const reached = exec === undefined ? JSON.stringify([file, context]) : address(host);
    if (reached === undefined || (exec === undefined && file === undefined && context === undefined))
      return [];
    const first = firsts.get(reached) ?? cluster;
    firsts.set(reached, first);
    return first === cluster || (exec !== undefined && said.has(cluster.index))
      ? []
      : [at(cluster, ["kubeconfig"], rules.sameKubeconfig(cluster.name, first.name))];
  });
}

function at({ index }: Cluster, path: readonly string[], finding: Found["finding"]): Found {
  return { path: ["clusters", index, ...path], finding };
}

/** A key by what it is: two files may hold the same. */
export function bareKey(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s/g, "");
}

/** A URL in its one form: the host in lower case, without the default port and what ends in nothing. */
export function address(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (!URL.canParse(value)) return value;
  const { protocol, hostname, port, pathname } = new URL(value);
  return `${protocol}//${hostname.replace(/\.$/, "")}:${port}${pathname.replace(/\/+$/, "")}`;
}
