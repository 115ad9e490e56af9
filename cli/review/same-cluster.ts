import { address } from "../../config/cluster-identity";
import { keyId } from "../../config/public-keys";
import type { ClusterConfig } from "../../config/mesh";

/** By what Vault or Terraform would take two clusters for one, as in one mesh.yaml; undefined if by nothing. */
export function inCommon(one: ClusterConfig, other: ClusterConfig): string | undefined {
  return MARKS.find(({ isSame }) => isSame(one, other))?.what;
}

type IsSame = (one: ClusterConfig, other: ClusterConfig) => boolean;

const MARKS: readonly { readonly what: string; readonly isSame: IsSame }[] = [
  {
    what: "the API server",
    // With the JWT method on both sides Vault does not ask it.
    isSame: (one, other) =>
      [one, other].some(({ vaultAuth }) => vaultAuth.method !== "jwt") &&
      address(one.kubernetesHost) === address(other.kubernetesHost),
  },
  { what: "the issuer of tokens", isSame: haveOneIssuer },
  { what: "the kubeconfig", isSame: (one, other) => reached(one) === reached(other) },
];

function haveOneIssuer({ vaultAuth: one }: ClusterConfig, { vaultAuth: other }: ClusterConfig): boolean {
  if (one.method !== "jwt" || other.method !== "jwt" || address(one.issuer) !== address(other.issuer))
    return false;
  const keys = other.publicKeys?.map(keyId);
  return one.publicKeys ? one.publicKeys.some((key) => keys?.includes(keyId(key))) : keys === undefined;
}

/** Where Terraform finds a cluster. */
function reached({ kubeconfig }: ClusterConfig): string | undefined {
  return kubeconfig.kind === "exec"
    ? address(kubeconfig.host)
    : JSON.stringify([kubeconfig.file, kubeconfig.context]);
}
