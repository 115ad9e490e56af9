import { type TrustState, trustState } from "../../../__tests__/support/trust-shortcuts";
import { istioSection, type MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import type { Rig } from "../../rig";

/** mesh.yaml in a state, issued from outside, with these roots in Vault's PKI engine; proxies renew each minute. */
export function rotationMesh(rig: Rig, { cluster1, cluster2 }: TrustState, roots = ["a", "b"]): MeshSettings {
  const differ = JSON.stringify(cluster1) !== JSON.stringify(cluster2);
  const istio = istioSection(rig.istio);
  const { meshConfig } = istio.values;
  const defaultConfig = { ...meshConfig.defaultConfig, proxyMetadata: { SECRET_TTL: "2m" } };
  return {
    clusters: FIRST_CLUSTERS,
    overrides: differ ? { cluster1: { trust: cluster1 } } : {},
    sections: {
      istio: { ...istio, values: { ...istio.values, meshConfig: { ...meshConfig, defaultConfig } } },
      intermediates: { issuance: "external", keyAlgorithm: "ecdsa-p256", validFor: "90d" },
      issuer: { method: "approle" },
      roots: roots.map((name) => ({ name, source: "vault-pki", keyAlgorithm: "ecdsa-p256" })),
      trust: cluster2,
    },
  };
}

export { type TrustState, trustState };
