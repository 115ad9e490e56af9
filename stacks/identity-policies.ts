import type { Mesh } from "../config/mesh";
import { VAULT_ROOT_STACK } from "../lib";
import { policyText } from "../lib/private/policy";
import { type Right, vaultRights } from "./vault-rights";

/** Whom Vault must let in to plan or deploy. Synth and the clusters' stacks need no credential of Vault's. */
export type Identity = "planner" | "deployer";

const SUMMARY: Record<Identity, string> = {
  planner: `Plans ${VAULT_ROOT_STACK}: reads settings, changes nothing, and reads no secret.`,
  deployer: `Deploys ${VAULT_ROOT_STACK}. It writes policies and roles: an administrator of its Vault namespace.`,
};

/**
 * An identity's Vault policy, as HCL.
 *
 * @param meshes the mesh; where a deploy takes something away, the mesh before it as well
 */
export function identityPolicy(identity: Identity, meshes: readonly Mesh[]): string {
  const rights = vaultRights(meshes);
  const shown = identity === "planner" ? rights.filter(reads).map(onlyReading) : rights;
  const blocks = shown.map((right, index) => {
    // Said once, above the first of those it explains.
    const reason = right.reason === shown[index - 1]?.reason ? undefined : right.reason;
    const comment = reason === undefined ? "" : `# ${reason}\n`;
    return `${comment}${policyText([right])}`;
  });
  return [`# ${SUMMARY[identity]}\n`, ...blocks].join("\n");
}

function reads({ capabilities }: Right): boolean {
  return capabilities.includes("read");
}

/** What explains a right to change something explains none to read it. */
function onlyReading({ path, capabilities, reason }: Right): Right {
  return { path, capabilities: ["read"], reason: capabilities.length === 1 ? reason : undefined };
}
