import type { MeshSettings } from "../../mesh-file";

export const CLUSTERS = ["cluster1", "cluster2"];

/** What istiod calls its cluster where nobody gave it a name: so do the proxies it injected. */
export const UNNAMED = "Kubernetes";

/** Where the root's key was brought from the laptop it was made on. */
export const ROOT_MOUNT = "istio-root-article";

/** The article's clusters taken over; `rootCertificate` is the path of the root's. */
export function adoptedMesh(rootCertificate: string, adopt: boolean): MeshSettings {
  const values = (name: string) => ({ extraContainerArgs: [`--clusterAliases=${UNNAMED}=${name}`] });
  return {
    clusters: CLUSTERS,
    root: {
      name: "article",
      source: "existing",
      mountPath: ROOT_MOUNT,
      certificateFile: rootCertificate,
    },
    overrides: Object.fromEntries(CLUSTERS.map((name) => [name, { adopt, istio: { values: values(name) } }])),
    sections: {
      intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
      issuer: { method: "approle" },
    },
  };
}
