import type { ClusterConfig, Mesh, RootConfig } from "../../config/mesh";
import { type ClusterVaultNames, clusterVaultNames, ISTIO_NAMESPACE, rootMount } from "../../lib/names";
import { type IntermediateIdentity, intermediateIdentity } from "../../lib/private/intermediate";
import type { VaultSigner } from "../../lib/root-ca";

/** One cluster's intermediate: what it is to be, and where in Vault it belongs. */
export interface Target {
  readonly cluster: ClusterConfig;
  readonly names: ClusterVaultNames;
  readonly identity: IntermediateIdentity;
  readonly signingRoot: string;
  /** Undefined where the root signs outside Vault. */
  readonly signer: VaultSigner | undefined;
}

export function targetOf(mesh: Mesh, cluster: ClusterConfig): Target {
  const root = mesh.roots.find(({ name }) => name === cluster.trust.signing)!;
  return {
    cluster,
    names: clusterVaultNames(cluster.name),
    identity: intermediateIdentity(cluster.name, ISTIO_NAMESPACE),
    signingRoot: root.name,
    signer: signerOf(root),
  };
}

function signerOf(root: RootConfig): VaultSigner | undefined {
  if (root.source === "vault-pki") return { mountPath: rootMount(root.name), issuer: root.name };
  return root.source === "existing" ? { mountPath: root.mountPath, issuer: root.issuer } : undefined;
}
