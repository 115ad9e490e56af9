import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { TestCa } from "../../../../__tests__/support/test-ca";
import type { Cluster } from "../../cluster";
import { output } from "../../../command";
import { ISTIO_NAMESPACE } from "../../istiod";
import { shellBlock } from "../../../page-commands";
import type { Rig } from "../../rig";

const SECRETS = `/api/v1/namespaces/${ISTIO_NAMESPACE}/secrets`;

/** Makes a root and an intermediate, and the Secret that istiod looks for: what Istio's own makefile ends in. */
export async function plugIn(cluster: Cluster): Promise<void> {
  const root = await TestCa.issue({ name: "Old root" });
  const intermediate = await TestCa.issue({ name: "Old intermediate", issuer: root, pathLength: 0 });
  const key = intermediate.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  await cluster.api.create(SECRETS, {
    metadata: { name: "cacerts" },
    stringData: {
      "ca-key.pem": key,
      "ca-cert.pem": intermediate.pem,
      "cert-chain.pem": intermediate.pem + root.pem,
      "root-cert.pem": root.pem,
    },
  });
}

/** The Secret in which an old CA's key rests. */
export type OldSecret = "istio-ca-secret" | "cacerts";

/** Path of the root's certificate, saved as docs/migrate.md has it. */
export async function saveRoot(rig: Rig, cluster: Cluster): Promise<string> {
  const cwd = join(cluster.directory, "old-root");
  mkdirSync(join(cwd, "clusters"), { recursive: true });
  const commands = shellBlock("docs/migrate.md", "get configmap").replaceAll("cluster1", cluster.name);
  await shell(rig, cluster, commands, cwd);
  return join(cwd, "clusters", "old-root.pem");
}

/** Copies the CA into Vault, as docs/migrate.md has it for each Secret. */
export async function copyToVault(rig: Rig, cluster: Cluster, secret: OldSecret): Promise<void> {
  const cwd = join(cluster.directory, "old-ca");
  mkdirSync(cwd, { mode: 0o700 });
  await shell(rig, cluster, shellBlock("docs/migrate.md", `get secret ${secret}`), cwd);
}

async function shell(rig: Rig, cluster: Cluster, commands: string, cwd: string): Promise<void> {
  const { address, caFile, rootToken } = rig.vault;
  const programs = ["kubectl", "vault"] as const;
  const env = {
    PATH: [...programs.map((name) => dirname(rig.programs.path(name))), process.env.PATH].join(":"),
    KUBECONFIG: cluster.controlPlane.kubeconfig,
    VAULT_ADDR: address,
    VAULT_CACERT: caFile,
    VAULT_TOKEN: rootToken,
  };
  await output("bash", ["--norc", "-eu", "-o", "pipefail", "-c", commands], { cwd, env });
}

/** Removes its key from the cluster and from Vault, as docs/migrate.md has it. */
export async function remove(rig: Rig, cluster: Cluster, secret: OldSecret): Promise<void> {
  const commands = shellBlock("docs/migrate.md", "delete secret istio-ca-secret")
    .replaceAll("cluster1", cluster.name)
    .replaceAll("istio-ca-secret", secret);
  await shell(rig, cluster, commands, cluster.directory);
}
