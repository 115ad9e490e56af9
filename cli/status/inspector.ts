import { Option } from "commander";
import type { ClusterConfig } from "../../config/mesh";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { withOptionalPackages } from "../command-line/optional-packages";
import type { Terminal } from "../command-line/terminal";
import type { ServiceAccount } from "../kubernetes/cluster-api";
import type { Inspection, Observation } from "./look";
import type { MeshStatus } from "./mesh-status";

/** What a command says of its inspections; where the facts come from is the same for each. */
type Asked = Pick<Inspection, "mesh" | "account" | "gate" | "drift">;

/** Inspects the mesh once. */
export type Inspect = (doing: string) => Promise<MeshStatus>;

/** Looks at the mesh once, for who makes something else of it. */
export type Observe = (doing: string) => Promise<Observation>;

/** An observer's inspections. */
export async function inspector(command: string, asked: Asked, terminal: Terminal): Promise<Inspect> {
  const observe = await observer(command, asked, terminal);
  const { statusOf } = await import("./look");
  return async (doing) => statusOf(asked, await observe(doing));
}

/**
 * Connects to Vault and to the clusters, by the credentials of the environment.
 *
 * @param command whose packages are missing, if they are
 * @throws CommandError if a package that only this needs is not installed
 */
export async function observer(
  command: string,
  asked: Pick<Asked, "mesh" | "account">,
  terminal: Terminal,
): Promise<Observe> {
  const { env } = terminal;
  const { observe, kubeConfigOf, KubernetesApi } = await withOptionalPackages(command, loadClients);
  const { connect } = await import("../vault/connect");
  const { logIn } = await import("../vault/login");
  const { progressOf } = await import("../command-line/progress");
  const { known, unknown } = await import("./facts");
  const vault = connect(asked.mesh.vault, env);
  const login = await logIn(vault, asked.mesh, env).then(known, (error: Error) => {
    if (error instanceof CommandError) return unknown(error.message);
    throw error;
  });
  const api = async (cluster: ClusterConfig) => KubernetesApi.connect(await kubeConfigOf(cluster, env));
  return async (doing) => {
    const progress = progressOf(terminal, doing, asked.mesh.clusters.length);
    const seen = await observe({ ...asked, vault, login, api }, progress.advance);
    progress.end();
    return seen;
  };
}

/** Modules that need packages which only an inspection uses. */
async function loadClients() {
  const { observe } = await import("./look");
  const { kubeConfigOf } = await import("../kubernetes/kube-config");
  const { KubernetesApi } = await import("../kubernetes/kubernetes-api");
  return { observe, kubeConfigOf, KubernetesApi };
}

export function serviceAccountOption(): Option {
  return new Option(
    "--service-account <namespace/name>",
    "ServiceAccount used for the test request, in each cluster",
  ).default("istio-vault/status");
}

/** @throws CommandError unless it is a namespace and a name */
export function serviceAccount(text: string): ServiceAccount {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match) return { namespace: match[1], name: match[2] };
  throw new CommandError(
    `--service-account is "${text}"; write namespace and name, such as "istio-vault/status"`,
    ExitCode.USAGE,
  );
}
