/** The package: constructs for programs of your own, and the whole program for a mesh.yaml. */
export * from "./lib";
export { loadMesh } from "./config/load-mesh";
export type { ClusterConfig, Mesh } from "./config/mesh";
export { MeshFileError } from "./config/mesh-file-error";
export type { ClusterStack } from "./stacks/cluster-stack";
export { composeMesh, type MeshStacks } from "./stacks/compose-mesh";
export { synthesizeMesh } from "./stacks/synthesize-mesh";
export type { VaultStack } from "./stacks/vault-stack";
