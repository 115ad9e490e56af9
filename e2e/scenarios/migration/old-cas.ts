import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TestCa } from "../../../__tests__/support/test-ca";
import type { Cluster } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import { runCommands, shellBlock } from "../../page-commands";
import type { Rig } from "../../rig";

const PAGE = "docs/migrate.md";

/** Makes a root and an intermediate, and the Secret that istiod looks for: what Istio's own makefile ends in. */
export async function plugIn(cluster: Cluster): Promise<void> {
  const root = await TestCa.issue({ name: "Old root" });
  const intermediate = await TestCa.issue({ name: "Old intermediate", issuer: root, pathLength: 0 });
  const key = intermediate.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  await cluster.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "cacerts", namespace: ISTIO_NAMESPACE },
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
  const commands = shellBlock(PAGE, "get configmap").replaceAll("cluster1", cluster.name);
  await runCommands(rig, cluster, commands, cwd);
  return join(cwd, "clusters", "old-root.pem");
}

/** Copies the CA into Vault, as docs/migrate.md has it for each Secret. */
export async function copyToVault(rig: Rig, cluster: Cluster, secret: OldSecret): Promise<void> {
  const cwd = join(cluster.directory, "old-ca");
  mkdirSync(cwd, { mode: 0o700 });
  await runCommands(rig, cluster, shellBlock(PAGE, `get secret ${secret}`), cwd);
}

/** Removes its key from the cluster and from Vault, as docs/migrate.md has it. */
export async function remove(rig: Rig, cluster: Cluster, secret: OldSecret): Promise<void> {
  const commands = shellBlock(PAGE, "delete secret istio-ca-secret")
    .replaceAll("cluster1", cluster.name)
    .replaceAll("istio-ca-secret", secret);
  await runCommands(rig, cluster, commands, cluster.directory);
}
