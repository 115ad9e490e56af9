import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Cluster } from "./cluster";
import { output } from "./command";
import type { Rig } from "./rig";

const PROJECT = resolve(__dirname, "..");

/** The one block of commands of a page that holds a text, for a check to run as it stands there. */
export function shellBlock(page: string, text: string): string {
  const blocks = [...readFileSync(join(PROJECT, page), "utf8").matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)];
  const [found, ...others] = blocks.map(([, block]) => block!).filter((block) => block.includes(text));
  if (found === undefined || others.length > 0) {
    throw new Error(`${page}: ${others.length + (found ? 1 : 0)} blocks of commands hold "${text}"`);
  }
  return found;
}

/** Runs commands as a page shows them, as who administers Vault and this cluster, in a directory; what they print. */
export function runCommands(
  rig: Rig,
  cluster: Cluster,
  commands: string,
  directory: string,
): Promise<string> {
  const { address, caFile, rootToken } = rig.vault;
  const programs = (["kubectl", "vault", "jq"] as const).map((name) => dirname(rig.programs.path(name)));
  return output("bash", ["--norc", "-eu", "-o", "pipefail", "-c", commands], {
    cwd: directory,
    env: {
      PATH: [...programs, process.env.PATH].join(":"),
      // kubectl keeps there what it learns of a cluster.
      HOME: rig.directory,
      KUBECONFIG: cluster.kubeconfig,
      VAULT_ADDR: address,
      VAULT_CACERT: caFile,
      VAULT_TOKEN: rootToken,
    },
  });
}
