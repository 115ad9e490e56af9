import type { MeshSettings } from "../../mesh-file";

export const CLUSTERS = ["cluster1", "cluster2"];

export const externalMesh: MeshSettings = {
  clusters: CLUSTERS,
  sections: {
    intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
    issuer: { method: "approle" },
  },
};
