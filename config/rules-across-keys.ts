import { INTERMEDIATE_LIFETIME } from "../lib/private/defaults";
import { groupBy } from "../lib/private/group-by";
import { NAMES_SHOWN, nameList } from "../lib/private/text";
import { isHttpsUrl } from "../lib/private/urls";
import type { Finding } from "../lib/rules";
import { secretsIn } from "./backend-secrets";
import { sameClustersFound } from "./cluster-identity";
import { writtenAt } from "./expand";
import { duration, type Found, repeated, string, strings } from "./found";
import { gatewaysFound } from "./gateway-rules";
import { pathText } from "./mesh-file-error";
import { isMapping, list, mapping, type Raw } from "./mesh-text";
import { revocationFound } from "./revocation-rules";
import { chartsFound, revisionsFound } from "./revision-rules";
import { rules } from "./rules";

/**
 * The rules that need more than one value of mesh.yaml, over all clusters at once. A mistake in one key
 * must not hide another elsewhere: of what has the wrong type nothing is said, and of the rest everything.
 *
 * @param document the expanded mesh.yaml
 * @param parsed the same as the schema reads it; what is wrong stands as it is written, or is missing
 */
export function foundAcrossKeys(document: Raw, parsed: Raw): Found[] {
  const roots = list(parsed.roots);
  const named = namedRoots(roots);
  const clusters = list(parsed.clusters);
  return [
    ...duplicates("roots", roots),
    ...rootKeysInState(roots),
    ...sameCertificates(roots),
    ...duplicates("clusters", clusters),
    ...sameClusterIds(clusters),
    ...sameNamesInVault(clusters),
    ...digitsFirst(clusters),
    ...sameClustersFound(clusters, list(document.clusters)),
    ...clusters.flatMap((cluster, index) => {
      const at = ["clusters", index];
      const written = mapping((document.clusters as unknown[])[index]);
      return [
        ...trustFound(cluster, index, named),
        ...leavesFound(cluster, at),
        ...intermediatesFound(cluster, index, named),
        ...groupsFound(written, at, Object.keys(mapping(document.groups))),
        ...loginFound(mapping(cluster.vaultAuth), [...at, "vaultAuth"]),
        ...revisionsFound(written, cluster, at),
        ...chartsFound(mapping(cluster.injector), [...at, "injector"], ["vault"]),
        ...gatewaysFound(written, cluster, at, roots),
      ];
    }),
    ...bundlesWithoutSigner(document, clusters, named),
    ...signersNotInVault(document, clusters, named),
    ...revocationFound(mapping(parsed.revocation), clusters, roots),
    ...signingRootsNotTrusted(document, clusters),
    ...stateInEtcd(mapping(parsed.backend), roots, clusters),
    ...oneStateForAll(mapping(parsed.backend)),
    ...secretsInBackend(mapping(parsed.backend)),
  ];
}

function duplicates(kind: string, items: readonly Raw[]): Found[] {
  return repeated(items, ({ name }) => string(name)).map(({ key, index, first }) => ({
    path: [kind, index, "name"],
    finding: rules.duplicate(key, `${kind}[${first}]`),
  }));
}

/** Of two clusters of one name that is said already. */
function repeatedByOthers(clusters: readonly Raw[], keyOf: (cluster: Raw) => unknown) {
  return repeated(clusters, (cluster) => string(keyOf(cluster))).filter(
    ({ item, first }) => clusters[first].name !== item.name,
  );
}

function sameClusterIds(clusters: readonly Raw[]): Found[] {
  const same = repeatedByOthers(clusters, ({ name, clusterId = name }) => clusterId);
  return same.map(({ key, index, first }) => ({
    path: ["clusters", index, "clusterId"],
    finding: rules.duplicate(key, `clusters[${first}]`),
  }));
}

function sameNamesInVault(clusters: readonly Raw[]): Found[] {
  const same = repeatedByOthers(clusters, (cluster) => cluster[keyInVault(cluster)]);
  return same.map(({ item, key, index, first }) => ({
    path: ["clusters", index, keyInVault(item)],
    finding: rules.sameNameInVault(key, nameOf(clusters[first], first)),
  }));
}

/** Ids of resources begin with it in a stack of Vault's, and nowhere else. */
function digitsFirst(clusters: readonly Raw[]): Found[] {
  return clusters.flatMap((cluster, index) => {
    const key = keyInVault(cluster);
    const received = string(cluster[key]) ?? "";
    return /^\d/.test(received)
      ? [{ path: ["clusters", index, key], finding: rules.digitFirst(received) }]
      : [];
  });
}

/** Which key says a cluster's name in Vault. */
function keyInVault({ nameInVault }: Raw): "name" | "nameInVault" {
  return nameInVault === undefined ? "name" : "nameInVault";
}

function groupsFound({ groups }: Raw, at: Found["path"], known: readonly string[]): Found[] {
  const names = strings(groups) ?? [];
  const place = (index: number) => [...at, "groups", index];
  const unknown = names.flatMap((name, index) =>
    known.includes(name) ? [] : [{ path: place(index), finding: rules.unknownGroup(name, known) }],
  );
  const twice = repeated(names, (name) => name).map(({ key, index, first }) => ({
    path: place(index),
    finding: rules.duplicate(key, `groups[${first}]`),
  }));
  return [...unknown, ...twice];
}

function sameCertificates(roots: readonly Raw[]): Found[] {
  return repeated(roots, ({ certificateFile }) => certificateFile).map(({ item, index, first }) => ({
    path: ["roots", index, "certificateFile"],
    finding: rules.rootCertificateTwice(`${roots[first].name}`, `${item.name}`),
  }));
}

function rootKeysInState(roots: readonly Raw[]): Found[] {
  return roots.flatMap(({ source, acceptKeysInState }, index) =>
    source === "tls-provider" && !acceptKeysInState
      ? [{ path: ["roots", index, "acceptKeysInState"], finding: rules.rootKeyInStateNotAccepted() }]
      : [],
  );
}

/** The roots that have a name, by it. */
interface NamedRoots {
  readonly byName: ReadonlyMap<string, Raw>;
  /** Undefined where a root has none: it may be any that is looked for. */
  readonly all: readonly string[] | undefined;
}

function namedRoots(roots: readonly Raw[]): NamedRoots {
  const byName = new Map<string, Raw>();
  for (const root of roots) {
    if (typeof root.name === "string" && !byName.has(root.name)) byName.set(root.name, root);
  }
  return { byName, all: strings(roots.map(({ name }) => name)) };
}

function trustFound(cluster: Raw, position: number, { byName, all }: NamedRoots): Found[] {
  const { signing, bundle } = trustOf(cluster);
  const unknown = (root: string) => (all && !byName.has(root) ? [rules.unknownRoot(root, all)] : []);
  const path = ["clusters", position, "trust"];
  const found: Found[] = [];

  if (signing !== undefined) {
    found.push(...unknown(signing).map((finding) => ({ path: [...path, "signing"], finding })));
  }
  const firsts = new Map<string, number>();
  bundle?.forEach((name, index) => {
    const at = [...path, "bundle", index];
    found.push(...unknown(name).map((finding) => ({ path: at, finding })));
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, index);
    else found.push({ path: at, finding: rules.duplicate(name, `trust.bundle[${first}]`) });
  });
  return found;
}

/** A cluster that signs with a root in a way that breaks a rule, and the key that says so. */
interface WrongSigner {
  readonly cluster: string;
  readonly root: string;
  readonly path: Found["path"];
}

/** What several clusters take from one place of the file is one mistake, which names them. */
function oncePerPlace(
  document: Raw,
  wrong: readonly WrongSigner[],
  rule: (cluster: string, root: string) => Finding,
): Found[] {
  const places = groupBy(wrong, ({ path, root }) => `${pathText(writtenAt(document, path))} ${root}`);
  return [...places.values()].map((all) => {
    const names = nameList(all.map(({ cluster }) => cluster));
    const [{ path, root }] = all;
    return { path, finding: rule(all.length === 1 ? names : `each of ${names}`, root) };
  });
}

/** Of a root that does not exist that is said already. */
function bundlesWithoutSigner(document: Raw, clusters: readonly Raw[], { byName, all }: NamedRoots): Found[] {
  const wrong = clusters.flatMap((cluster, index) => {
    const { signing, bundle } = trustOf(cluster);
    if (signing === undefined || !bundle || bundle.includes(signing)) return [];
    if (all && !byName.has(signing)) return [];
    return [{ cluster: nameOf(cluster, index), root: signing, path: ["clusters", index, "trust", "bundle"] }];
  });
  return oncePerPlace(document, wrong, rules.bundleLacksSigningRoot);
}

/** An issuance that cannot have an intermediate signed, since the root's key is elsewhere. */
function signersNotInVault(document: Raw, clusters: readonly Raw[], { byName }: NamedRoots): Found[] {
  const wrongBy = (issuance: string, sources: readonly unknown[]) =>
    clusters.flatMap((cluster, index) => {
      const root = trustOf(cluster).signing ?? "";
      const isWrong = mapping(cluster.intermediates).issuance === issuance;
      return isWrong && sources.includes(byName.get(root)?.source)
        ? [{ cluster: nameOf(cluster, index), root, path: ["clusters", index, "intermediates", "issuance"] }]
        : [];
    });
  return [
    ...oncePerPlace(document, wrongBy("deploy", ["offline", "tls-provider"]), rules.deployNeedsRootInVault),
    ...oncePerPlace(document, wrongBy("external", ["tls-provider"]), rules.externalNeedsSigner),
  ];
}

function leavesFound({ leafLifetime, maxLeafLifetime }: Raw, at: Found["path"]): Found[] {
  const [asked, most] = [duration(leafLifetime), duration(maxLeafLifetime)];
  if (!asked || !most || !asked.isLongerThan(most)) return [];
  return [{ path: [...at, "maxLeafLifetime"], finding: rules.leafOutlivesMaximum(`${most}`, `${asked}`) }];
}

function intermediatesFound(cluster: Raw, position: number, { byName }: NamedRoots): Found[] {
  const intermediates = mapping(cluster.intermediates);
  const { issuance } = intermediates;
  const { signing } = trustOf(cluster);
  const signer = byName.get(signing ?? "");
  const at = ["clusters", position];
  const found: Found[] = [];
  const add = (section: string, key: string, finding: Found["finding"]) =>
    found.push({ path: [...at, section, key], finding });

  if (issuance === "terraform" && !intermediates.acceptKeysInState) {
    add("intermediates", "acceptKeysInState", rules.keysInStateNotAccepted());
  }
  if (signer?.source === "offline" && issuance === "terraform") {
    add("trust", "signing", rules.rootCannotSign(`${signing}`));
  }
  const validFor = duration(intermediates.validFor ?? INTERMEDIATE_LIFETIME[issuance as "terraform"]);
  const ofRoot = duration(signer?.validFor);
  if (ofRoot && validFor?.isLongerThan(ofRoot)) {
    const finding = rules.intermediateOutlivesRoot(`${validFor}`, `${signing}`, `${ofRoot}`);
    add("intermediates", "validFor", finding);
  }
  const interval = duration(mapping(cluster.agent).renderInterval);
  if (validFor && interval && !validFor.isLongerThan(interval)) {
    add("intermediates", "validFor", rules.intermediateEndsBeforeRender(`${validFor}`, `${interval}`));
  }
  return found;
}

function loginFound(auth: Raw, at: Found["path"]): Found[] {
  const found: Found[] = [];
  const [ttl, maxTtl] = [duration(auth.tokenTtl), duration(auth.tokenMaxTtl)];
  if (ttl && maxTtl && ttl.isLongerThan(maxTtl)) {
    found.push({ path: [...at, "tokenTtl"], finding: rules.ttlOrder(`${ttl}`, `${maxTtl}`) });
  }
  if (auth.reviewer === "pod-token" && typeof auth.audience === "string") {
    found.push({ path: [...at, "audience"], finding: rules.customAudienceNeedsReviewer(auth.audience) });
  }
  const issuer = string(auth.issuer);
  if (issuer !== undefined && auth.publicKeysFile === undefined && !isHttpsUrl(issuer)) {
    found.push({ path: [...at, "issuer"], finding: rules.jwtIssuerForm(issuer) });
  }
  if (auth.publicKeysFile !== undefined && auth.issuerCaCertificateFile !== undefined) {
    const finding = rules.exclusiveKeys("publicKeysFile", "issuerCaCertificateFile");
    found.push({ path: [...at, "issuerCaCertificateFile"], finding });
  }
  return found;
}

/** A root signs only when every cluster trusts it: Istio itself checks no such thing. */
function signingRootsNotTrusted(document: Raw, clusters: readonly Raw[]): Found[] {
  const all = clusters.map((cluster, index) => {
    const { signing, bundle } = trustOf(cluster);
    return { name: nameOf(cluster, index), signing, bundle: bundle && new Set(bundle) };
  });
  const told = all.filter(({ bundle }) => bundle);
  const trusting = new Map<string, number>();
  for (const { bundle } of told) {
    for (const root of bundle!) trusting.set(root, (trusting.get(root) ?? 0) + 1);
  }
  const wrong = all.flatMap(({ name, signing, bundle }, index) => {
    // Where not even the cluster itself trusts it, that is said already.
    if (signing === undefined || !bundle?.has(signing) || trusting.get(signing) === told.length) return [];
    return [{ cluster: name, root: signing, path: ["clusters", index, "trust", "signing"] }];
  });
  return oncePerPlace(document, wrong, (cluster, root) => {
    // Of a mesh where all sign with another root each, a whole list for each would take a day.
    const without = firstOf(told, (other) => !other.bundle!.has(root), NAMES_SHOWN);
    const names = without.map((other) => other.name);
    return rules.signingRootNotTrustedByAll(cluster, root, names, told.length - trusting.get(root)!);
  });
}

function firstOf<T>(items: readonly T[], isOne: (item: T) => boolean, most: number): T[] {
  const found: T[] = [];
  for (let index = 0; index < items.length && found.length < most; index++) {
    if (isOne(items[index])) found.push(items[index]);
  }
  return found;
}

function stateInEtcd(backend: Raw, roots: readonly Raw[], clusters: readonly Raw[]): Found[] {
  const holdsKeys =
    roots.some(({ source }) => source === "tls-provider") ||
    clusters.some(({ intermediates }) => mapping(intermediates).issuance === "terraform");
  return backend.type === "other" && backend.name === "kubernetes" && holdsKeys
    ? [{ path: ["backend", "name"], finding: rules.stateInEtcd() }]
    : [];
}

function oneStateForAll({ type, configuration }: Raw): Found[] {
  const isOne = type === "other" && isMapping(configuration);
  return isOne && !JSON.stringify(configuration).includes("{stack}")
    ? [{ path: ["backend", "configuration"], finding: rules.oneStateForAll() }]
    : [];
}

function secretsInBackend({ type, configuration }: Raw): Found[] {
  if (type !== "other") return [];
  return secretsIn(configuration).map((path) => ({
    path: ["backend", "configuration", ...path],
    finding: rules.secretInBackend(String(path.at(-1))),
  }));
}

function nameOf({ name }: Raw, index: number): string {
  return typeof name === "string" ? name : `clusters[${index}]`;
}

function trustOf(cluster: Raw) {
  const { signing, bundle } = mapping(cluster.trust);
  return { signing: string(signing), bundle: strings(bundle) };
}
