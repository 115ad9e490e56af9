import { type TrustState, trustState } from "../../../../__tests__/support/trust-shortcuts";
import type { MeshSettings } from "../../mesh-file";
import { CLUSTERS, externalMesh } from "../external/mesh";

/** mesh.yaml in a state, with these roots in Vault's PKI engine. */
export function rotationMesh(
  { cluster1, cluster2 }: TrustState,
  roots: readonly (string | { readonly name: string; readonly [key: string]: unknown })[] = ["a", "b"],
): MeshSettings {
  const overrides: Record<string, object> =
    JSON.stringify(cluster1) === JSON.stringify(cluster2) ? {} : { cluster1: { trust: cluster1 } };
  const inVault = (name: string) => ({ name, source: "vault-pki", keyAlgorithm: "ecdsa-p256" });
  return {
    ...externalMesh,
    overrides,
    sections: {
      ...externalMesh.sections,
      roots: roots.map((root) => (typeof root === "string" ? inVault(root) : root)),
      trust: cluster2,
    },
  };
}

export { CLUSTERS, type TrustState, trustState };
