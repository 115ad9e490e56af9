import { type TrustState, trustState } from "../../../__tests__/support/trust-shortcuts";
import { istioSection, type MeshSettings } from "../../mesh-file";
import { externalMesh } from "../../meshes";
import type { Rig } from "../../rig";

type Root = string | { readonly name: string; readonly [key: string]: unknown };

/** mesh.yaml in a state, issued from outside, with these roots: in Vault's PKI engine where they are names alone. */
export function trustMesh(
  { cluster1, cluster2 }: TrustState,
  roots: readonly Root[] = ["a", "b"],
): MeshSettings {
  const differ = JSON.stringify(cluster1) !== JSON.stringify(cluster2);
  const inVault = (name: string) => ({ name, source: "vault-pki", keyAlgorithm: "ecdsa-p256" });
  return {
    ...externalMesh,
    overrides: differ ? { cluster1: { trust: cluster1 } } : {},
    sections: {
      ...externalMesh.sections,
      roots: roots.map((root) => (typeof root === "string" ? inVault(root) : root)),
      trust: cluster2,
    },
  };
}

/** The same, where proxies renew each minute. */
export function rotationMesh(...state: Parameters<typeof trustMesh>): MeshSettings {
  const mesh = trustMesh(...state);
  return { ...mesh, sections: { ...mesh.sections, leafLifetime: RENEWED_EACH_MINUTE } };
}

/** The lifetime of leaves that are renewed each minute. */
export const RENEWED_EACH_MINUTE = "2m";

/** Helm values of an istiod that is installed without this program, for the same. */
export function valuesRenewedEachMinute(rig: Rig) {
  const { values } = istioSection(rig.istio);
  const { meshConfig } = values;
  const defaultConfig = { ...meshConfig.defaultConfig, proxyMetadata: { SECRET_TTL: RENEWED_EACH_MINUTE } };
  return { ...values, meshConfig: { ...meshConfig, defaultConfig } };
}

export { type TrustState, trustState };
