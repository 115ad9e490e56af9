import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { output } from "../../command";
import { readyIstiod } from "../istiod";
import type { Container } from "../kubernetes-objects";
import { containerLog, startContainer } from "../node/container-process";
import { PodVolumes } from "../node/volumes";
import { waitFor } from "../../wait";
import { ACCEPTED, type Attempt } from "./case";
import { KUBERNETES_CLUSTER, oneLine, unquoted } from "./logins";

const AGENT = "vault-agent-init";
const CONFIGURATION = "VAULT_CONFIG";

/** What the injector writes for the agent, as far as the cases change it. */
export interface AgentConfiguration {
  auto_auth: { method: { mount_path: string; config: { role: string } } };
  vault: { address: string; ca_cert?: string };
  template: { contents: string }[];
}

/** Changes the configuration, and the agent's other environment. */
export type AgentChange = (configuration: AgentConfiguration, environment: Map<string, string>) => void;

/**
 * Runs vault-agent-init of istiod's pod, injected as it was, on the pod's own token and empty volumes
 * for its files, until it says what is wrong. `change` is what the annotations could have said instead.
 */
export function agent(change: AgentChange = () => {}): Attempt {
  return async ({ rig }) => {
    const cluster = rig.cluster(KUBERNETES_CLUSTER);
    const pod = await readyIstiod(cluster);
    const container = pod.spec.initContainers?.find(({ name }) => name === AGENT);
    if (!container) throw new Error(`pod ${pod.metadata.name} has no ${AGENT}`);
    const directory = mkdtempSync(join(cluster.directory, "agent-"));
    await output("cp", ["-a", join(cluster.node.podDirectory(pod), "volumes"), directory]);
    const ip = pod.status.podIP ?? "";
    const daemon = await startContainer(
      {
        pod,
        ip,
        directory,
        volumes: new PodVolumes(cluster.api, pod, ip, join(directory, "volumes")),
        api: cluster.api,
        programs: rig.programs,
      },
      configured(container, change),
    );
    try {
      return await waitFor("a word of the agent", 60, async () => {
        const log = readFileSync(containerLog(directory, AGENT), "utf8");
        return complaint(log) ?? (daemon.running ? undefined : ended(await daemon.ended, log));
      });
    } finally {
      await daemon.stop();
      rmSync(directory, { recursive: true });
    }
  };
}

function configured(container: Container, change: AgentChange): Container {
  const fixed = (container.env ?? []).filter(({ value }) => value !== undefined);
  const environment = new Map(fixed.map(({ name, value }) => [name, value!]));
  const configuration = JSON.parse(
    Buffer.from(environment.get(CONFIGURATION)!, "base64").toString(),
  ) as AgentConfiguration;
  change(configuration, environment);
  environment.set(CONFIGURATION, Buffer.from(JSON.stringify(configuration)).toString("base64"));
  return {
    ...container,
    env: [
      ...(container.env ?? []).filter(({ value }) => value === undefined),
      ...[...environment].map(([name, value]) => ({ name, value })),
    ],
  };
}

function ended(code: number, log: string): string {
  return code === 0 ? ACCEPTED : log;
}

/** What the agent says of a refused request; of a request that got no answer, all it says. */
function complaint(log: string): string | undefined {
  const refusal = /Code: (\d+)\. Errors:[\s|]*\*(.+?)(?= backoff=| \(retry attempt|\n[\d-]+T|$)/s.exec(log);
  if (refusal) return oneLine(`${refusal[1]}: ${refusal[2]!.replace(/^\s*\| /gm, "")}`);
  return /\[(ERROR|WARN)\].*(retry attempt|backoff=)/s.test(log) ? oneLine(unquoted(log)) : undefined;
}
