import type { Mesh } from "../config/mesh";
import { clusterVaultNames } from "../lib/names";
import { kvData, kvMetadata } from "../lib/private/kv";
import { policyText } from "../lib/private/policy";
import { type Right, vaultRights } from "./vault-rights";

/** The identities that need Vault, to plan, deploy or run status. Synth and the clusters' stacks need no Vault credential. */
export type Identity = "planner" | "deployer" | "status";

const SUMMARY: Record<Identity, string> = {
  planner: "Plans Vault's stacks: reads settings but no secrets, and changes nothing.",
  deployer:
    "Deploys Vault's stacks. It writes policies and roles, so it is an administrator of its Vault namespace.",
  status: "Runs istio-vault status: reads public values, and no key.",
};

/**
 * An identity's Vault policy, as HCL.
 *
 * @param meshes the mesh; where a deploy takes something away, the mesh before it as well
 */
export function identityPolicy(identity: Identity, meshes: readonly Mesh[]): string {
  const shown = rightsOf(identity, meshes);
  const blocks = shown.map((right, index) => {
    // Said once, above the first of those it explains.
    const reason = right.reason === shown[index - 1]?.reason ? undefined : right.reason;
    const comment = reason === undefined ? "" : `# ${reason}\n`;
    return `${comment}${policyText([right])}`;
  });
  return [`# ${SUMMARY[identity]}\n`, ...blocks].join("\n");
}

function rightsOf(identity: Identity, meshes: readonly Mesh[]): readonly Right[] {
  if (identity === "status") return statusRights(meshes);
  return identity === "planner"
    ? vaultRights(meshes, "plan").filter(reads).map(onlyReading)
    : vaultRights(meshes, "deploy");
}

/** The issuer's record of the intermediate, and the whole bundle, which is public. */
function statusRights(meshes: readonly Mesh[]): Right[] {
  const names = new Set(meshes.flatMap(({ clusters }) => clusters.map(({ nameInVault }) => nameInVault)));
  return [...names].flatMap((name): Right[] => {
    const { secretsMount, certificatesPath, trustBundlePath } = clusterVaultNames(name);
    return [
      { path: kvMetadata(secretsMount, certificatesPath), capabilities: ["read"] },
      { path: kvData(secretsMount, trustBundlePath), capabilities: ["read"] },
    ];
  });
}

function reads({ capabilities }: Right): boolean {
  return capabilities.includes("read");
}

/** The reason for a right to change something does not apply to reading it. */
function onlyReading({ path, capabilities, reason }: Right): Right {
  return { path, capabilities: ["read"], reason: capabilities.length === 1 ? reason : undefined };
}
