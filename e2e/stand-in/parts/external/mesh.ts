import type { Cluster } from "../../cluster";
import type { MeshSettings } from "../../mesh-file";
import type { Rig } from "../../rig";

export const CLUSTERS = ["cluster1", "cluster2"];

export const externalMesh: MeshSettings = {
  clusters: CLUSTERS,
  sections: {
    intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
    issuer: { method: "approle" },
  },
};

/** In the order of mesh.yaml, whichever was started first. */
export function clustersOf(rig: Rig): readonly Cluster[] {
  return CLUSTERS.map((name) => rig.cluster(name));
}
