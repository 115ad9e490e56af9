import type { KubeConfig } from "@kubernetes/client-node";
import type { ClusterConfig } from "../../config/mesh";
import { requireTextFile } from "../../config/text-file";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { type Environment, set } from "../command-line/environment";
import { withCredential } from "./exec-credential";

/**
 * How a cluster is reached: `KUBECONFIG` comes before the file that mesh.yaml names, as the variables
 * of Vault's tools come before its address there; the context is mesh.yaml's.
 *
 * @throws CommandError if there is no such file or context, or a program gives no credential
 */
export async function kubeConfigOf(
  { name, kubeconfig, kubernetesCaCertificate }: ClusterConfig,
  env: Environment,
): Promise<KubeConfig> {
  // Loaded here: it takes a second, and only those who ask clusters need it.
  const kubernetes = await import("@kubernetes/client-node");
  const config = new kubernetes.KubeConfig();
  if (kubeconfig.kind === "exec") {
    const { command, args, env: variables, apiVersion, host } = kubeconfig;
    config.loadFromOptions({
      clusters: [
        {
          name,
          server: host,
          caData: kubernetesCaCertificate && Buffer.from(kubernetesCaCertificate).toString("base64"),
        },
      ],
      users: [
        {
          name,
          exec: {
            apiVersion: `client.authentication.k8s.io/${apiVersion}`,
            command,
            args,
            env: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
          },
        },
      ],
      contexts: [{ name, cluster: name, user: name }],
      currentContext: name,
    });
    await withCredential(config);
    return config;
  }
  const file = set(env.KUBECONFIG) ?? kubeconfig.file;
  try {
    if (file === undefined) config.loadFromDefault();
    else loadFiles(config, file.split(":"), () => new kubernetes.KubeConfig());
  } catch (error) {
    throw new CommandError(`kubeconfig ${file ?? "~/.kube/config"} cannot be read: ${reason(error)}`);
  }
  const context = kubeconfig.context ?? config.getCurrentContext();
  if (!config.getContextObject(context)) {
    throw new CommandError(
      `kubeconfig ${file ?? "~/.kube/config"} has no context "${context}"; set KUBECONFIG to the file that has it`,
    );
  }
  config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    throw new CommandError(
      `kubeconfig ${file ?? "~/.kube/config"} has no cluster for its context "${context}"`,
    );
  }
  await withCredential(config);
  return config;
}

function loadFiles(config: KubeConfig, files: string[], another: () => KubeConfig): void {
  for (const file of files) requireTextFile(file);
  const [first, ...others] = files;
  config.loadFromFile(first);
  for (const file of others) {
    const next = another();
    next.loadFromFile(file);
    config.mergeConfig(next, true);
  }
}
