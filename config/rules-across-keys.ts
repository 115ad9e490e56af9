import { isSupportedIstio } from "../lib/private/istio-version";
import { type Finding, rules } from "../lib/rules";
import { Duration, VAULT_ROOT_STACK } from "../lib";
import type { SectionKey } from "./cluster-sections";
import type { ClusterConfig, Mesh } from "./mesh";
import type { Problem } from "./mesh-file-error";

/** Where a cluster's section is written. */
type SectionPath = (clusterIndex: number, section: SectionKey) => string;

/** The rules that need more than one value of mesh.yaml, over all clusters at once. */
export function problemsAcrossKeys(mesh: Mesh, pathOf: SectionPath): Problem[] {
  return [
    ...duplicates("roots", mesh.roots),
    ...duplicates("clusters", mesh.clusters),
    ...mesh.clusters.flatMap((cluster, index) => clusterProblems(mesh, cluster, index, pathOf)),
    ...signingRootsNotTrusted(mesh, pathOf),
    ...stateInEtcd(mesh),
  ];
}

function duplicates(list: string, items: readonly { readonly name: string }[]): Problem[] {
  return items.flatMap(({ name }, index) => {
    const first = items.findIndex((item) => item.name === name);
    return first === index
      ? []
      : [{ path: `${list}[${index}].name`, finding: rules.duplicate(name, `${list}[${first}]`) }];
  });
}

function clusterProblems(
  mesh: Mesh,
  cluster: ClusterConfig,
  position: number,
  pathOf: SectionPath,
): Problem[] {
  const { trust, intermediates, vaultAuth, istio, agent } = cluster;
  const problems: Problem[] = [];
  const add = (section: SectionKey, key: string, finding: Finding) =>
    problems.push({ path: `${pathOf(position, section)}.${key}`, finding });

  if (cluster.name === VAULT_ROOT_STACK) {
    problems.push({ path: `clusters[${position}].name`, finding: rules.clusterNameTaken(cluster.name) });
  }
  const known = mesh.roots.map((root) => root.name);
  if (!known.includes(trust.signing)) add("trust", "signing", rules.unknownRoot(trust.signing, known));
  trust.bundle.forEach((name, index) => {
    if (!known.includes(name)) add("trust", `bundle[${index}]`, rules.unknownRoot(name, known));
    const first = trust.bundle.indexOf(name);
    if (first !== index) add("trust", `bundle[${index}]`, rules.duplicate(name, `trust.bundle[${first}]`));
  });
  if (!trust.bundle.includes(trust.signing)) {
    add("trust", "bundle", rules.bundleLacksSigningRoot(cluster.name, trust.signing));
  }

  const signer = mesh.roots.find((root) => root.name === trust.signing);
  if (signer && signer.source !== "existing" && intermediates.validFor.isLongerThan(signer.validFor)) {
    add(
      "intermediates",
      "validFor",
      rules.intermediateOutlivesRoot(`${intermediates.validFor}`, signer.name, `${signer.validFor}`),
    );
  }
  if (vaultAuth.tokenTtl.isLongerThan(vaultAuth.tokenMaxTtl)) {
    add("vaultAuth", "tokenTtl", rules.ttlOrder(`${vaultAuth.tokenTtl}`, `${vaultAuth.tokenMaxTtl}`));
  }
  if (!isSupportedIstio(istio.version)) add("istio", "version", rules.istioVersion(istio.version));
  if (
    Duration.seconds(10).isLongerThan(agent.renderInterval) ||
    agent.renderInterval.isLongerThan(Duration.days(1))
  ) {
    add("agent", "renderInterval", rules.renderInterval(`${agent.renderInterval}`));
  }
  return problems;
}

/** A root signs only when every cluster trusts it: Istio itself checks no such thing. */
function signingRootsNotTrusted({ clusters }: Mesh, pathOf: SectionPath): Problem[] {
  return clusters.flatMap(({ name, trust }, index) => {
    // Where not even the cluster itself trusts it, that is said already.
    if (!trust.bundle.includes(trust.signing)) return [];
    const without = clusters
      .filter((other) => other.name !== name && !other.trust.bundle.includes(trust.signing))
      .map((other) => other.name);
    return without.length === 0
      ? []
      : [
          {
            path: `${pathOf(index, "trust")}.signing`,
            finding: rules.signingRootNotTrustedByAll(name, trust.signing, without),
          },
        ];
  });
}

function stateInEtcd({ backend }: Mesh): Problem[] {
  return backend.type === "other" && backend.name === "kubernetes"
    ? [{ path: "backend.name", finding: rules.stateInEtcd() }]
    : [];
}
