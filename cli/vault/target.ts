import type { ClusterConfig, Mesh, RootConfig } from "../../config/mesh";
import type { Duration, KeyAlgorithm } from "../../lib";
import { listsSpread } from "../../config/lists-spread";
import {
  type ClusterVaultNames,
  clusterVaultNames,
  ISTIO_NAMESPACE,
  REVOCATION_LISTS_MOUNT,
  rootMount,
} from "../../lib/names";
import { type IntermediateIdentity, intermediateIdentity } from "../../lib/private/intermediate";
import { type DeclaredIntermediate, declaredIntermediate } from "../../lib/private/issue-at-deploy";
import type { VaultSigner } from "../../lib/root-ca";

/** One cluster's intermediate: what it is to be, and where in Vault it belongs. */
export interface Target {
  readonly clusterName: string;
  /** By which the mesh's revocation lists know it. */
  readonly nameInVault: string;
  readonly names: ClusterVaultNames;
  readonly identity: IntermediateIdentity;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validFor: Duration;
  readonly signingRoot: string;
  /** Undefined where the root signs outside Vault. */
  readonly signer: VaultSigner | undefined;
  /** How long a renewed intermediate may take to reach istiod. */
  readonly renderInterval: Duration;
  /** What a deploy would issue; undefined where none does. */
  readonly declared: DeclaredIntermediate | undefined;
  /** Undefined where the mesh has no revocation lists. */
  readonly revocation: RevocationTarget | undefined;
}

/** Where an intermediate's revocation list belongs. */
export interface RevocationTarget {
  readonly mountPath: string;
  /** How long until every proxy has a list that is in Vault; undefined where no istiod hands out any. */
  readonly spread: Duration | undefined;
}

export function targetOf(mesh: Mesh, cluster: ClusterConfig): Target {
  const root = mesh.roots.find(({ name }) => name === cluster.trust.signing)!;
  const { keyAlgorithm, validFor } = cluster.intermediates;
  return {
    clusterName: cluster.name,
    nameInVault: cluster.nameInVault,
    names: clusterVaultNames(cluster.nameInVault),
    identity: intermediateIdentity(cluster.nameInVault, ISTIO_NAMESPACE),
    keyAlgorithm,
    validFor,
    signingRoot: root.name,
    signer: signerOf(root),
    renderInterval: cluster.agent.renderInterval,
    declared: declaredOf(mesh, cluster, root),
    revocation: mesh.revocation && { mountPath: REVOCATION_LISTS_MOUNT, spread: listsSpread(mesh) },
  };
}

/** What mesh.yaml declares that a deploy issues for a cluster; undefined where none does. */
export function declaredOf(
  { revocation }: Pick<Mesh, "revocation">,
  { nameInVault: clusterName, intermediates }: ClusterConfig,
  root: RootConfig,
): DeclaredIntermediate | undefined {
  if (intermediates.issuance !== "deploy") return undefined;
  const { secretsMount, certificatesPath, trustBundlePath } = clusterVaultNames(clusterName);
  return declaredIntermediate(
    intermediates,
    { rootName: root.name, signer: signerOf(root) },
    {
      clusterName,
      istioNamespace: ISTIO_NAMESPACE,
      secretsMountPath: secretsMount,
      certificatesPath,
      trustBundlePath,
      revocationListsMount: revocation && REVOCATION_LISTS_MOUNT,
    },
  );
}

/** Where in Vault a root signs; undefined where it does not. */
export function signerOf(root: RootConfig): VaultSigner | undefined {
  if (root.source === "vault-pki") return { mountPath: rootMount(root.name), issuer: root.name };
  return root.source === "existing" ? { mountPath: root.mountPath, issuer: root.issuer } : undefined;
}
