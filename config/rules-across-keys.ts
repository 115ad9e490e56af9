import { isSupportedIstio } from "../lib/private/istio-version";
import { type Finding, rules } from "../lib/rules";
import { Duration } from "../lib";
import { VAULT_ROOT_STACK } from "../lib/names";
import type { SectionKey } from "./cluster-sections";
import type { Problem } from "./mesh-file-error";
import type { ClusterOutline, MeshOutline } from "./outline";
import { revisionProblems } from "./revision-rules";

/** Where a key of a cluster's section is written. */
type KeyPath = (clusterIndex: number, section: SectionKey, key: string) => string;

/** The rules that need more than one value of mesh.yaml, over all clusters at once. */
export function problemsAcrossKeys(mesh: MeshOutline, pathOf: KeyPath): Problem[] {
  return [
    ...duplicates("roots", mesh.roots),
    ...rootKeysInState(mesh),
    ...duplicates("clusters", mesh.clusters),
    ...mesh.clusters.flatMap((cluster, index) => [
      ...trustProblems(mesh, cluster, index, pathOf),
      ...settingProblems(mesh, cluster, index, pathOf),
      ...revisionProblems(cluster, (key) => pathOf(index, "istio", key)),
    ]),
    ...signingRootsNotTrusted(mesh, pathOf),
    ...stateInEtcd(mesh),
  ];
}

function duplicates(list: string, items: readonly { readonly name: string | undefined }[]): Problem[] {
  return items.flatMap(({ name }, index) => {
    const first = items.findIndex((item) => item.name === name);
    return name === undefined || first === index
      ? []
      : [{ path: `${list}[${index}].name`, finding: rules.duplicate(name, `${list}[${first}]`) }];
  });
}

function rootKeysInState({ roots }: MeshOutline): Problem[] {
  return roots.flatMap(({ keyNotAccepted }, index) =>
    keyNotAccepted
      ? [{ path: `roots[${index}].acceptKeysInState`, finding: rules.rootKeyInStateNotAccepted() }]
      : [],
  );
}

function trustProblems(
  mesh: MeshOutline,
  cluster: ClusterOutline,
  position: number,
  pathOf: KeyPath,
): Problem[] {
  const { name: clusterName = `clusters[${position}]`, signing, bundle } = cluster;
  const known = mesh.roots.map((root) => root.name).filter((name) => name !== undefined);
  const isUnknown = (root: string) =>
    known.length === mesh.roots.length && known.length > 0 && !known.includes(root);
  const problems: Problem[] = [];
  const bundlePath = pathOf(position, "trust", "bundle");

  if (signing !== undefined && isUnknown(signing)) {
    problems.push({ path: pathOf(position, "trust", "signing"), finding: rules.unknownRoot(signing, known) });
  }
  bundle?.forEach((name, index) => {
    const path = `${bundlePath}[${index}]`;
    if (isUnknown(name)) problems.push({ path, finding: rules.unknownRoot(name, known) });
    const first = bundle.indexOf(name);
    if (first !== index) problems.push({ path, finding: rules.duplicate(name, `trust.bundle[${first}]`) });
  });
  if (signing !== undefined && bundle && !bundle.includes(signing)) {
    problems.push({ path: bundlePath, finding: rules.bundleLacksSigningRoot(clusterName, signing) });
  }
  return problems;
}

function settingProblems(
  mesh: MeshOutline,
  cluster: ClusterOutline,
  position: number,
  pathOf: KeyPath,
): Problem[] {
  const { validFor, tokenTtl, tokenMaxTtl, istioVersion, renderInterval } = cluster;
  const problems: Problem[] = [];
  const add = (section: SectionKey, key: string, finding: Finding) =>
    problems.push({ path: pathOf(position, section, key), finding });

  if (cluster.name === VAULT_ROOT_STACK) {
    problems.push({ path: `clusters[${position}].name`, finding: rules.clusterNameTaken(cluster.name) });
  }
  if (cluster.keyNotAccepted) {
    add("intermediates", "acceptKeysInState", rules.keysInStateNotAccepted());
  }
  const signer = mesh.roots.find((root) => root.name !== undefined && root.name === cluster.signing);
  if (signer?.offline && cluster.issuance === "terraform") {
    add("trust", "signing", rules.rootCannotSign(`${signer.name}`));
  }
  if (signer?.keyInState && cluster.issuance === "external") {
    const clusterName = cluster.name ?? `clusters[${position}]`;
    add("intermediates", "issuance", rules.externalNeedsSigner(clusterName, `${signer.name}`));
  }
  if (signer?.validFor && validFor?.isLongerThan(signer.validFor)) {
    const finding = rules.intermediateOutlivesRoot(`${validFor}`, `${signer.name}`, `${signer.validFor}`);
    add("intermediates", "validFor", finding);
  }
  if (validFor && renderInterval && !validFor.isLongerThan(renderInterval)) {
    const finding = rules.intermediateEndsBeforeRender(`${validFor}`, `${renderInterval}`);
    add("intermediates", "validFor", finding);
  }
  if (tokenTtl && tokenMaxTtl && tokenTtl.isLongerThan(tokenMaxTtl)) {
    add("vaultAuth", "tokenTtl", rules.ttlOrder(`${tokenTtl}`, `${tokenMaxTtl}`));
  }
  if (istioVersion !== undefined && !isSupportedIstio(istioVersion)) {
    add("istio", "version", rules.istioVersion(istioVersion));
  }
  if (
    renderInterval &&
    (Duration.seconds(10).isLongerThan(renderInterval) || renderInterval.isLongerThan(Duration.days(1)))
  ) {
    add("agent", "renderInterval", rules.renderInterval(`${renderInterval}`));
  }
  return problems;
}

/** A root signs only when every cluster trusts it: Istio itself checks no such thing. */
function signingRootsNotTrusted({ clusters }: MeshOutline, pathOf: KeyPath): Problem[] {
  const nameOf = (index: number) => clusters[index].name ?? `clusters[${index}]`;
  return clusters.flatMap(({ signing, bundle }, index) => {
    // Where not even the cluster itself trusts it, that is said already.
    if (signing === undefined || !bundle?.includes(signing)) return [];
    const without = clusters.flatMap((other, position) =>
      other.bundle && !other.bundle.includes(signing) ? [nameOf(position)] : [],
    );
    const finding = rules.signingRootNotTrustedByAll(nameOf(index), signing, without);
    return without.length === 0 ? [] : [{ path: pathOf(index, "trust", "signing"), finding }];
  });
}

function stateInEtcd({ backendName, roots, clusters }: MeshOutline): Problem[] {
  const holdsKeys =
    roots.some(({ keyInState }) => keyInState) || clusters.some(({ issuance }) => issuance !== "external");
  return backendName === "kubernetes" && holdsKeys
    ? [{ path: "backend.name", finding: rules.stateInEtcd() }]
    : [];
}
