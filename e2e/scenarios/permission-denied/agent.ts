import { readyIstiod } from "../../istiod";
import { ACCEPTED, type Attempt } from "./cause";
import { KUBERNETES_CLUSTER, oneLine, unquoted } from "./attempts";

/** What the injector writes for the agent, as far as it is changed here. */
interface Configuration {
  pid_file?: string;
  auto_auth: {
    method: { mount_path: string; exit_on_err?: boolean; config: { role: string } };
    sink: { config: { path: string } }[];
  };
  vault: { address: string; ca_cert?: string; retry?: object };
  template_config?: object;
  template: { destination: string; contents: string }[];
}

/** Changes the configuration; what it returns is taken from the agent's environment. */
export type AgentChange = (configuration: Configuration) => string | void;

const SCRIPT = `cd /home/vault && mkdir -p trial && printf %s "$1" >trial/agent.json
[ -z "$2" ] || unset "$2"
exec vault agent -config=trial/agent.json 2>&1`;

/**
 * Runs once more, beside the agent of istiod's pod, what `vault-agent-init` ran there: with files of its own, and no second
 * try. `change` is what the annotations could have said instead.
 */
export function agent(change: AgentChange = () => {}): Attempt {
  return async ({ rig }) => {
    const cluster = rig.cluster(KUBERNETES_CLUSTER);
    const pod = await readyIstiod(cluster);
    const init = pod.spec.initContainers!.find(({ name }) => name === "vault-agent-init");
    const { value } = init!.env!.find(({ name }) => name === "VAULT_CONFIG")!;
    const configuration = JSON.parse(Buffer.from(value!, "base64").toString()) as Configuration;
    delete configuration.pid_file;
    configuration.auto_auth.method.exit_on_err = true;
    configuration.vault.retry = { num_retries: -1 };
    configuration.template_config = { exit_on_retry_failure: true };
    for (const { config } of configuration.auto_auth.sink) config.path = "/home/vault/trial/token";
    for (const [index, template] of configuration.template.entries())
      template.destination = `/home/vault/trial/${index}`;
    const unset = change(configuration) ?? "";
    const { name, namespace } = pod.metadata;
    const inAgent = ["exec", "-n", namespace!, name!, "-c", "vault-agent", "--"];
    const command = ["sh", "-c", SCRIPT, "sh", JSON.stringify(configuration), unset];
    const { code, stdout, stderr } = await cluster.tryKubectl([...inAgent, ...command]);
    return code === 0 ? ACCEPTED : complaint(stdout + stderr);
  };
}

/** What the agent says of a refused request; of a request that got no answer, all it says. */
function complaint(log: string): string {
  const refusal =
    /Code: (\d+)\. Errors:[\s|]*\*(.+?)(?=\s+(backoff|exitCode)=|\s+\((retry|exceeded)|\n[\d-]+T|$)/s.exec(
      log,
    );
  return oneLine(refusal ? `${refusal[1]}: ${refusal[2]!.replace(/^\s*\| /gm, "")}` : unquoted(log));
}
