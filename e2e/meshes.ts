import type { MeshSettings } from "./mesh-file";

export const FIRST_CLUSTERS = ["cluster1", "cluster2"];
export const THIRD_CLUSTER = "cluster3";
export const ALL_CLUSTERS = [...FIRST_CLUSTERS, THIRD_CLUSTER];

export const twoClusters: MeshSettings = { clusters: FIRST_CLUSTERS };

/** With keys of Terraform's making, and so in its state. */
export const keysInState = { intermediates: { issuance: "terraform", acceptKeysInState: true } };

/** Two clusters whose intermediates `istio-vault issue` makes. */
export const externalMesh: MeshSettings = {
  ...twoClusters,
  sections: {
    intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
    issuer: { method: "approle" },
  },
};

/** Two clusters, the first with a new key and certificate. */
export const renewedPair: MeshSettings = {
  ...twoClusters,
  overrides: { cluster1: { intermediates: { generation: 2 } } },
};

export const threeClusters: MeshSettings = {
  clusters: ALL_CLUSTERS,
  overrides: { [THIRD_CLUSTER]: { intermediates: { keyAlgorithm: "ecdsa-p256" } } },
};

/** cluster1 with a new key and certificate. */
export const renewedMesh: MeshSettings = {
  ...threeClusters,
  overrides: { ...threeClusters.overrides, cluster1: { intermediates: { generation: 2 } } },
};
