import type { X509Certificate } from "node:crypto";
import type { Mesh, RootConfig } from "../../config/mesh";
import type { TrustedCluster, TrustedMesh } from "../../config/trust-transition";
import { leafGenerationOf } from "../../lib/private/leaf-generation";
import type { ClusterState } from "./cluster-state";
import { type ClusterFacts, valueOf } from "./facts";
import type { RootCertificates } from "./root-certificates";

/** The running mesh, in the shape of a declaration. Roots that are not in mesh.yaml are named by their fingerprint. */
export function liveMesh(mesh: Mesh, running: readonly ClusterState[], roots: RootCertificates): TrustedMesh {
  const strangers = new Map<string, RootConfig>();
  const nameOf = (certificate: X509Certificate): string => {
    const name = roots.nameOf(certificate);
    if (!roots.byName.has(name)) {
      strangers.set(name, { source: "offline", name, certificatePem: certificate.toString() });
    }
    return name;
  };
  // A cluster in which istiods sign with different roots stands there once for each.
  const clusters = running.flatMap((state): TrustedCluster[] => {
    const { name, istio, leafGeneration: declared } = state.facts.cluster;
    const leafGeneration = leafGenerationOf(state.leafLine, declared);
    const bundle = state.published!.map(nameOf);
    const signing = [...new Set(state.signers.map(({ root }) => nameOf(root!)))];
    return signing.map((root) => ({ name, istio, leafGeneration, trust: { signing: root, bundle } }));
  });
  return { roots: [...mesh.roots, ...strangers.values()], clusters };
}

export function whereIstioRuns(states: readonly ClusterState[]): ClusterState[] {
  return states.filter((state) => !state.isEmpty);
}

/** What would have to be known to say what runs. */
export function whatIsLacking(running: readonly ClusterState[], roots: RootCertificates): string[] {
  return [
    ...[...roots.byName].flatMap(([name, asked]) => (asked.known ? [] : [`root ${name}`])),
    ...running.filter((state) => !isClear(state)).map(({ name }) => name),
    ...running.filter(({ facts }) => areUnknown(facts)).map(({ name }) => `revocation lists of ${name}`),
  ];
}

function areUnknown({ kubernetes }: ClusterFacts): boolean {
  return valueOf(kubernetes)?.revocationLists?.known === false;
}

/** Whether all that the rules need is known: what is published, and what every ready istiod signs with. */
function isClear({ facts, published, signers }: ClusterState): boolean {
  const ready = valueOf(facts.kubernetes)?.istiods.ready ?? 0;
  return (
    published !== undefined && ready > 0 && signers.length === ready && signers.every(({ root }) => root)
  );
}
