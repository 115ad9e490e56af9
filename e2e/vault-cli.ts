import { output } from "./command";
import type { Rig } from "./rig";

/** Runs Vault's own CLI as an administrator. */
export function vaultCli(rig: Rig, args: readonly string[], input?: string): Promise<string> {
  const { address, caFile, rootToken, namespace } = rig.vault;
  const env = {
    VAULT_ADDR: address,
    VAULT_CACERT: caFile,
    VAULT_TOKEN: rootToken,
    VAULT_NAMESPACE: namespace,
    HOME: rig.directory,
  };
  return output(rig.programs.path("vault"), args, { env, input });
}
