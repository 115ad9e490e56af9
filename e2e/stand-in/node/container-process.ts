import { join } from "node:path";
import type { KubeClient } from "../kube-client";
import type { Container, Pod } from "../kubernetes-objects";
import { Daemon } from "../../processes";
import type { Programs } from "../../programs";
import { containerEnvironment } from "./environment";
import { imageOf, programOf } from "./images";
import type { PodVolumes } from "./volumes";

const PROGRAM_DIRECTORY = "/opt/bin";

/** A pod on its way: where it is, what it was given. */
export interface RunningPod {
  readonly pod: Pod;
  readonly ip: string;
  readonly directory: string;
  readonly volumes: PodVolumes;
  readonly api: KubeClient;
  readonly programs: Programs;
}

/** Starts a container as its pod defines it: paths, environment, arguments, user, groups. */
export async function startContainer(running: RunningPod, container: Container): Promise<Daemon> {
  const { pod, ip, directory, programs, api } = running;
  const image = imageOf(container);
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const apiServer = new URL(api.address);
  const environment = {
    PATH: `${PROGRAM_DIRECTORY}:/usr/local/bin:/usr/bin:/bin`,
    HOME: image.home,
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: apiServer.hostname,
    KUBERNETES_SERVICE_PORT: "443",
    ...(await containerEnvironment(api, pod, ip, container)),
    ...image.env(ip),
  };
  const command = container.command ?? [image.program];
  return new Daemon({
    program: join(__dirname, "..", "box.sh"),
    args: [
      join(directory, "root"),
      `${own.runAsUser ?? shared.runAsUser ?? image.user}`,
      `${own.runAsGroup ?? shared.runAsGroup ?? image.group}`,
      `${shared.fsGroup ?? ""}`,
      ...(own.readOnlyRootFilesystem ? [] : ["tmpfs:/tmp"]),
      `${programOf(container, programs)}:${PROGRAM_DIRECTORY}/${image.program}:ro`,
      ...mounts(running.volumes, container),
      "--",
      ...["env", "-i", ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      ...command,
      ...(container.args ?? []),
      ...image.args(ip),
    ],
    logFile: containerLog(directory, container.name),
  });
}

export function containerLog(directory: string, container: string): string {
  return join(directory, `${container}.log`);
}

function mounts(volumes: PodVolumes, container: Container): string[] {
  return [...(container.volumeMounts ?? [])]
    .sort((one, other) => one.mountPath.localeCompare(other.mountPath))
    .map(({ name, mountPath, subPath, readOnly }) => {
      const source = subPath ? join(volumes.path(name), subPath) : volumes.path(name);
      return `${source}:${mountPath}${readOnly ? ":ro" : ""}`;
    });
}
