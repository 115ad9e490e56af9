import type { MeshSettings } from "../../mesh-file";

export const CLUSTER = "cluster1";

const clusters = [CLUSTER];
const keyAlgorithm = "ecdsa-p256";
const issuer = { method: "approle" };

export const byTerraform: MeshSettings = {
  clusters,
  sections: { intermediates: { issuance: "terraform", acceptKeysInState: true, keyAlgorithm } },
};

export const byAnExternalIssuer: MeshSettings = {
  clusters,
  sections: { intermediates: { issuance: "external", keyAlgorithm, validFor: "90d" }, issuer },
};
