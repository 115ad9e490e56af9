import type { Mesh } from "../../config/mesh";
import { serialPairs } from "../../lib/private/serial";
import { nameList } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { signerOf } from "../vault/target";
import { type VaultClient, VaultRefusal } from "../vault/vault-client";
import type { Stolen } from "./revoked";

/**
 * Refuses the serial number of an intermediate that no root of the mesh has signed: a typing mistake, with which every step would
 * look done. Vault gives certificates to anyone. A root that signs outside of Vault may have signed it, so nothing is said then.
 *
 * @throws CommandError if every root is in Vault, and none knows it
 */
export async function requireSigned(
  { roots }: Mesh,
  { cluster, serial }: Stolen,
  vault: VaultClient,
): Promise<void> {
  const pairs = serialPairs(serial);
  const mounts = roots.map((root) => signerOf(root)?.mountPath);
  if (!pairs || !mounts.every((mount) => mount !== undefined)) return;
  const known = await Promise.all(mounts.map((mount) => isKnown(vault, `${mount}/cert/${pairs.join("-")}`)));
  if (known.includes(true)) return;
  throw new CommandError(
    `no root of the mesh has signed an intermediate ${serial}: ${nameList(mounts)} in Vault ${mounts.length === 1 ? "has" : "have"} no such certificate; write --stolen-intermediate ${cluster} alone for what it signs with now`,
    ExitCode.USAGE,
  );
}

/** Also where it cannot be told. */
async function isKnown(vault: VaultClient, path: string): Promise<boolean> {
  try {
    return (await vault.read(path)) !== undefined;
  } catch (error) {
    // Where there is no such mount, Vault says 403.
    if (error instanceof VaultRefusal) return false;
    if (error instanceof CommandError) return true;
    throw error;
  }
}
