import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster";
import { output } from "../command";
import type { Container, Pod } from "./kubernetes-objects";
import { containerLog, startContainer } from "./node/container-process";
import { PodVolumes } from "./node/volumes";
import type { Programs } from "../programs";

export interface Trial {
  readonly exitCode: number;
  readonly log: string;
}

/** Runs a container of a pod once more, on a copy of the pod's volumes that was changed before. */
export async function tryContainer(
  cluster: Cluster,
  programs: Programs,
  pod: Pod,
  container: Container,
  change: (volumes: PodVolumes) => void,
): Promise<Trial> {
  const directory = mkdtempSync(join(cluster.directory, "trial-"));
  // cp keeps the owners, which Node's own copy does not.
  await output("cp", ["-a", join(cluster.node.podDirectory(pod), "volumes"), directory]);
  const ip = pod.status.podIP ?? "";
  const volumes = new PodVolumes(cluster.api, pod, ip, join(directory, "volumes"));
  change(volumes);
  const running = { pod, ip, directory, volumes, api: cluster.api, programs };
  const exitCode = await (await startContainer(running, container)).ended;
  const log = readFileSync(containerLog(directory, container.name), "utf8");
  rmSync(directory, { recursive: true });
  return { exitCode, log };
}
