import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../deployment";
import { withoutPluginCache } from "../plugin-cache";
import type { Rig } from "../rig";

/** Files by which a person at a shell gets at a rig; the owner alone can read them. */
export interface AccessFiles {
  /** To be sourced by a shell. */
  readonly environment: string;
  readonly vaultToken: string;
  /** With a context for each cluster, named after it. */
  readonly kubeconfig: string;
}

export function writeAccessFiles(directory: string, rig: Rig, deployment: Deployment): AccessFiles {
  const own = (name: string, content: string) => {
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  const vaultToken = own("vault-token", rig.vault.rootToken);
  const kubeconfig = own("kubeconfig", mergedKubeconfig(rig));
  const variables = {
    VAULT_ADDR: quoted(rig.vault.address),
    VAULT_CACERT: quoted(rig.vault.caFile),
    VAULT_TOKEN: `$(cat ${quoted(vaultToken)})`,
    KUBECONFIG: quoted(kubeconfig),
    MESH_FILE: quoted(deployment.meshFile),
    TERRAFORM_BINARY_NAME: quoted(rig.programs.path("terraform")),
    CDKTF_LOG_FILE_DIRECTORY: quoted(join(deployment.directory, "log")),
    ...withoutPluginCache(),
    CHECKPOINT_DISABLE: "1",
    ...(process.env.E2E_BIN && { PATH: `${quoted(process.env.E2E_BIN)}:"$PATH"` }),
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}\n`);
  return { vaultToken, kubeconfig, environment: own("env.sh", lines.join("")) };
}

interface Kubeconfig {
  readonly clusters: readonly object[];
  readonly users: readonly object[];
  readonly contexts: readonly object[];
}

function mergedKubeconfig(rig: Rig): string {
  const files = rig.clusters.map(({ kubeconfig }) => kubeconfig);
  const each = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as Kubeconfig);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: each.flatMap(({ clusters }) => clusters),
    users: each.flatMap(({ users }) => users),
    contexts: each.flatMap(({ contexts }) => contexts),
    "current-context": rig.cluster("cluster1").name,
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
