import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, run } from "../command";
import { atEnd, Daemon } from "../processes";
import { CNI_PLUGINS, type Programs } from "../programs";
import { waitFor } from "../wait";
import { NodeCgroups } from "./cgroups";
import type { ImageStore } from "./images";
import { type Network, NODE_NUMBERS } from "./network";
import { nodeSettings } from "./settings";

/** The `iss` of every ServiceAccount token. */
export const TOKEN_ISSUER = "https://kubernetes.default.svc.cluster.local";

export interface NodeOptions {
  readonly name: string;
  readonly number: number;
  /** Has `pki` with its credentials already. */
  readonly directory: string;
  /** Address of the cluster's DNS. */
  readonly dns: string;
  /** Whether the cluster's control plane runs here. */
  readonly controlPlane: boolean;
  /** Size of the disk that pods' files are on, such as `512m`; undefined for the machine's own. */
  readonly disk: string | undefined;
  readonly network: Network;
  readonly images: ImageStore;
  readonly programs: Programs;
}

/**
 * A machine of a cluster: kubelet, containerd and kube-proxy in namespaces and cgroups of their own. With its first
 * process end its containers, mounts and network.
 */
export class Node {
  public static async start(options: NodeOptions): Promise<Node> {
    const { name, number, directory, network, images } = options;
    for (const each of ["settings", "log", "lib"]) mkdirSync(join(directory, each), { recursive: true });
    const settings = nodeSettings(name, directory, network, number, options.dns);
    for (const [file, text] of Object.entries(settings))
      writeFileSync(join(directory, "settings", file), text);
    await images.copyTo(join(directory, "lib", "containerd"));
    const cgroups = NodeCgroups.create(`${network.bridge}-${name}`);
    atEnd(() => cgroups.remove());
    const node = new Node(options, cgroups);
    const pid = await waitFor(`first process of ${name}`, 30, async () => node.firstProcess());
    network.plugIn(number, pid);
    return node;
  }

  public readonly name: string;
  public readonly address: string;
  private readonly daemon: Daemon;

  private constructor(
    options: NodeOptions,
    private readonly cgroups: NodeCgroups,
  ) {
    const { name, number, directory, network, programs } = options;
    const addresses = network.node(number);
    const others = NODE_NUMBERS.filter((other) => other !== number).map((other) => network.node(other));
    this.name = name;
    this.address = addresses.node;
    const isolated = ["--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup"];
    this.daemon = this.inCgroups(
      (program, args) =>
        new Daemon({
          program,
          args: [
            // It does not outlive this process, whatever ends that.
            ...[
              ...args,
              programs.path("setpriv"),
              "--pdeathsig",
              "KILL",
              programs.path("unshare"),
              ...isolated,
              "--fork",
              "--kill-child",
              "--mount-proc",
            ],
            join(__dirname, "init.sh"),
          ],
          logFile: join(directory, "log", "init.log"),
          env: {
            PATH: programs.searchPath,
            HOME: "/root",
            NAME: name,
            DIRECTORY: directory,
            ADDRESS: addresses.node,
            MACHINE: network.machine,
            POD_RANGE: addresses.podRange,
            ROUTES: others.map(({ podRange, node }) => `${podRange}=${node}`).join(" "),
            CNI: CNI_PLUGINS,
            TOKEN_ISSUER,
            ...(network.ipv6 && {
              ADDRESS_6: addresses.nodeByIpv6,
              MACHINE_6: network.machineByIpv6,
            }),
            ...(options.disk !== undefined && { DISK: options.disk }),
            ...(options.controlPlane && { SERVICE_RANGE: addresses.serviceRange }),
          },
        }),
    );
  }

  public requireRunning(): void {
    this.daemon.requireRunning();
  }

  /** What all it runs holds of the machine's memory. */
  public get memoryMiB(): number {
    return this.cgroups.memoryMiB;
  }

  /** Pulls the plug. */
  public async lose(): Promise<void> {
    this.daemon.kill();
    await this.daemon.ended;
  }

  /** Runs a command inside, as one logged in to the machine does. */
  public run(command: readonly string[]): Promise<CommandResult> {
    const namespaces = ["--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup"];
    return this.inCgroups((program, args) =>
      run(program, [
        ...args,
        "nsenter",
        "--target",
        `${this.firstProcess()}`,
        ...namespaces,
        "--",
        ...command,
      ]),
    );
  }

  /** A program becomes part of the cgroups before it is run. */
  private inCgroups<Started>(start: (program: string, args: readonly string[]) => Started): Started {
    const enter = this.cgroups.directories
      .map((directory) => `echo $$ >${directory}/cgroup.procs`)
      .join("; ");
    return start("/bin/sh", ["-ec", `${enter}; exec "$@"`, "sh"]);
  }

  /** The pid, on this machine, of its pid 1. */
  private firstProcess(): number | undefined {
    const { pid } = this.daemon;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return children === "" ? undefined : Number(children.split(" ")[0]);
  }
}
