import type { CommandResult } from "../../command";
import type { Deployment } from "../../deployment";
import { IstioVault } from "../../istio-vault";
import type { Rig } from "../../rig";
import { waitFor } from "../../wait";

export function status(rig: Rig, deployment: Deployment, ...args: string[]): Promise<CommandResult> {
  const command = new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
  return command.run(["status", "--service-account", "default/default", ...args]);
}

/** Until every istiod and every proxy has what mesh.yaml says. */
export async function inStep(rig: Rig, deployment: Deployment): Promise<void> {
  await waitFor("every proxy to have what mesh.yaml says", 240, async () => {
    const { code, stdout } = await status(rig, deployment);
    if (code === 0) return true;
    throw new Error(stdout);
  });
}
