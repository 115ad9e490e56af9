import type { MeshSettings } from "../../mesh-file";

export const PAGE = "docs/clusters.md";
export const RENAMED = "cluster2";
const PARIS = { name: "paris", nameInVault: RENAMED, clusterId: RENAMED };

/** cluster2 is called paris. */
export const renamed = (clusters: readonly string[]): MeshSettings => ({
  clusters,
  overrides: { [RENAMED]: PARIS },
});
