import { type Found, repeated, string, strings } from "./found";
import { mapping, type Raw } from "./mesh-text";
import { keyId } from "./public-keys";
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
  return [...apiServers, ...sameIssuers(all), ...sameKubeconfigs(all, said), ...sameCredentials(all)];
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

/**
 * Vault accepts a token by its issuer and its signature: what differs in neither is one cluster to it. Who has the
 * key of two clusters signs tokens of both, whatever their issuers.
 */
function sameIssuers(clusters: readonly Cluster[]): Found[] {
  const byIssuer = new Map<string, { readonly any: Cluster; discovered?: Cluster }>();
  const byKey = new Map<string, { readonly cluster: Cluster; readonly issuer: string }>();
  return clusters.flatMap((cluster) => {
    const { method, issuer, publicKeysFile } = mapping(cluster.keys.vaultAuth);
    const name = address(issuer);
    if (method !== "jwt" || name === undefined) return [];
    const known = byIssuer.get(name) ?? { any: cluster };
    byIssuer.set(name, known);
    const keys = strings(publicKeysFile)?.map(keyId);
    // Of a file that is wrong nobody knows.
    if (!keys && mapping(cluster.written.vaultAuth).publicKeysFile !== undefined) return [];
    const sharing = keys?.map((key) => byKey.get(key)).find((other) => other);
    for (const key of keys ?? []) if (!byKey.has(key)) byKey.set(key, { cluster, issuer: name });
    const first = keys
      ? (known.discovered ?? (sharing?.issuer === name ? sharing.cluster : undefined))
      : known.any;
    if (!keys) known.discovered ??= cluster;
    if (first && first !== cluster)
      return [at(cluster, ["vaultAuth", "issuer"], rules.sameIssuer(cluster.name, first.name))];
    return sharing
      ? [at(cluster, ["vaultAuth", "publicKeysFile"], rules.sameKeys(cluster.name, sharing.cluster.name))]
      : [];
  });
}

/** @param said positions of clusters of which it is known already that their API server is another's */
function sameKubeconfigs(clusters: readonly Cluster[], said: ReadonlySet<PropertyKey | undefined>): Found[] {
  const firsts = new Map<string, Cluster>();
  return clusters.flatMap((cluster) => {
    const { exec, file, context } = mapping(cluster.keys.kubeconfig);
    const { host = cluster.keys.kubernetesHost } = mapping(exec);
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

/** Programs and their arguments may be the same for all clusters, as those of GKE and AKS are; not where they name one. */
function sameCredentials(clusters: readonly Cluster[]): Found[] {
  const named = clusters.filter(({ keys }) =>
    strings(mapping(mapping(keys.kubeconfig).exec).args)?.some((arg) => /^--?[\w-]*cluster/i.test(arg)),
  );
  const same = repeated(named, ({ keys }) => {
    const { command, args, env } = mapping(mapping(keys.kubeconfig).exec);
    return JSON.stringify([command, args, env]);
  });
  return same.map(({ item, first }) =>
    at(item, ["kubeconfig", "exec", "args"], rules.sameCredential(item.name, named[first]!.name)),
  );
}

function at({ index }: Cluster, path: readonly string[], finding: Found["finding"]): Found {
  return { path: ["clusters", index, ...path], finding };
}

/** A URL in its one form: the host in lower case, without the default port and what ends in nothing. */
export function address(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (!URL.canParse(value)) return value;
  const { protocol, hostname, port, pathname } = new URL(value);
  const host = asIpv4(hostname) ?? hostname.replace(/\.$/, "");
  return `${protocol}//${host}:${port}${pathname.replace(/\/+$/, "")}`;
}

/** The IPv4 address that an IPv6 one stands for; undefined for any other host. */
function asIpv4(hostname: string): string | undefined {
  const words = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname)?.slice(1);
  return words?.flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]).join(".");
}
