import { INTERMEDIATE_LIFETIME } from "../lib/private/defaults";
import { isHttpsUrl } from "../lib/private/urls";
import { sameClustersFound } from "./cluster-identity";
import { duration, type Found, string, strings } from "./found";
import { gatewaysFound } from "./gateway-rules";
import { list, mapping, type Raw } from "./mesh-text";
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
  const clusters = list(parsed.clusters);
  return [
    ...duplicates("roots", roots),
    ...rootKeysInState(roots),
    ...sameCertificates(roots),
    ...duplicates("clusters", clusters),
    ...duplicates("clusters", clusters, "clusterId"),
    ...sameClustersFound(clusters, list(document.clusters)),
    ...clusters.flatMap((cluster, index) => {
      const at = ["clusters", index];
      const written = mapping((document.clusters as unknown[])[index]);
      return [
        ...unknownGroups(written, at, Object.keys(mapping(document.groups))),
        ...trustFound(cluster, index, roots),
        ...intermediatesFound(cluster, index, roots),
        ...loginFound(mapping(cluster.vaultAuth), [...at, "vaultAuth"]),
        ...revisionsFound(written, cluster, at),
        ...chartsFound(mapping(cluster.injector), [...at, "injector"], ["vault"]),
        ...gatewaysFound(written, cluster, at, roots),
      ];
    }),
    ...signingRootsNotTrusted(clusters),
    ...stateInEtcd(mapping(parsed.backend), roots, clusters),
  ];
}

function duplicates(key: string, items: readonly Raw[], by = "name"): Found[] {
  const firsts = new Map<string, number>();
  return items.flatMap(({ [by]: name }, index) => {
    if (typeof name !== "string") return [];
    const first = firsts.get(name) ?? index;
    firsts.set(name, first);
    return first === index
      ? []
      : [{ path: [key, index, by], finding: rules.duplicate(name, `${key}[${first}]`) }];
  });
}

function unknownGroups({ groups }: Raw, at: Found["path"], known: readonly string[]): Found[] {
  return (strings(groups) ?? []).flatMap((name, index) =>
    known.includes(name)
      ? []
      : [{ path: [...at, "groups", index], finding: rules.unknownGroup(name, known) }],
  );
}

function sameCertificates(roots: readonly Raw[]): Found[] {
  return roots.flatMap(({ name, certificateFile }, index) => {
    const first = roots.find((root) => root.certificateFile === certificateFile)!;
    return certificateFile === undefined || first === roots[index]
      ? []
      : [
          {
            path: ["roots", index, "certificateFile"],
            finding: rules.rootCertificateTwice(`${first.name}`, `${name}`),
          },
        ];
  });
}

function rootKeysInState(roots: readonly Raw[]): Found[] {
  return roots.flatMap(({ source, acceptKeysInState }, index) =>
    source === "tls-provider" && !acceptKeysInState
      ? [{ path: ["roots", index, "acceptKeysInState"], finding: rules.rootKeyInStateNotAccepted() }]
      : [],
  );
}

function trustFound(cluster: Raw, position: number, roots: readonly Raw[]): Found[] {
  const { signing, bundle } = trustOf(cluster);
  const known = strings(roots.map(({ name }) => name)) ?? [];
  const isUnknown = (root: string) => known.length > 0 && !known.includes(root);
  const path = ["clusters", position, "trust"];
  const found: Found[] = [];

  if (signing !== undefined && isUnknown(signing)) {
    found.push({ path: [...path, "signing"], finding: rules.unknownRoot(signing, known) });
  }
  bundle?.forEach((name, index) => {
    const at = [...path, "bundle", index];
    if (isUnknown(name)) found.push({ path: at, finding: rules.unknownRoot(name, known) });
    const first = bundle.indexOf(name);
    if (first !== index) found.push({ path: at, finding: rules.duplicate(name, `trust.bundle[${first}]`) });
  });
  if (signing !== undefined && bundle && !bundle.includes(signing)) {
    const finding = rules.bundleLacksSigningRoot(nameOf(cluster, position), signing);
    found.push({ path: [...path, "bundle"], finding });
  }
  return found;
}

function intermediatesFound(cluster: Raw, position: number, roots: readonly Raw[]): Found[] {
  const intermediates = mapping(cluster.intermediates);
  const { issuance } = intermediates;
  const { signing } = trustOf(cluster);
  const signer = roots.find(({ name }) => signing !== undefined && name === signing);
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
  if (signer?.source === "tls-provider" && issuance === "external") {
    add("intermediates", "issuance", rules.externalNeedsSigner(nameOf(cluster, position), `${signing}`));
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
function signingRootsNotTrusted(clusters: readonly Raw[]): Found[] {
  const all = clusters.map((cluster, index) => ({ ...trustOf(cluster), name: nameOf(cluster, index) }));
  const signers = new Set(all.flatMap(({ signing }) => signing ?? []));
  const withoutRoot = new Map(
    [...signers].map((root) => [
      root,
      all.flatMap(({ name, bundle }) => (bundle && !bundle.includes(root) ? [name] : [])),
    ]),
  );
  return all.flatMap(({ name, signing, bundle }, index) => {
    // Where not even the cluster itself trusts it, that is said already.
    if (signing === undefined || !bundle?.includes(signing)) return [];
    const without = withoutRoot.get(signing)!;
    const finding = rules.signingRootNotTrustedByAll(name, signing, without);
    return without.length === 0 ? [] : [{ path: ["clusters", index, "trust", "signing"], finding }];
  });
}

function stateInEtcd(backend: Raw, roots: readonly Raw[], clusters: readonly Raw[]): Found[] {
  const holdsKeys =
    roots.some(({ source }) => source === "tls-provider") ||
    clusters.some(({ intermediates }) => mapping(intermediates).issuance !== "external");
  return backend.type === "other" && backend.name === "kubernetes" && holdsKeys
    ? [{ path: ["backend", "name"], finding: rules.stateInEtcd() }]
    : [];
}

function nameOf({ name }: Raw, index: number): string {
  return typeof name === "string" ? name : `clusters[${index}]`;
}

function trustOf(cluster: Raw) {
  const { signing, bundle } = mapping(cluster.trust);
  return { signing: string(signing), bundle: strings(bundle) };
}
