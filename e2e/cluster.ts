import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { type CommandResult, output, run } from "./command";
import { ClusterCredentials } from "./nodes/credentials";
import type { ImageStore } from "./nodes/images";
import type { Network } from "./nodes/network";
import { Node } from "./nodes/node";
import type { Programs } from "./programs";
import { waitFor } from "./wait";

export interface ClusterOptions {
  readonly name: string;
  readonly directory: string;
  /** Numbers for its nodes, which no other node of the run has. */
  readonly numbers: Iterator<number>;
  readonly network: Network;
  readonly images: ImageStore;
  readonly programs: Programs;
}

/** A pod as a cluster has it. */
export type Pod = V1Pod & Required<Pick<V1Pod, "metadata" | "spec" | "status">>;

/** What a token is asked for; the audience is the API server's unless another is named. */
export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience?: string;
}

/** A Kubernetes cluster, seen by its administrator. */
export class Cluster {
  public static async start(options: ClusterOptions): Promise<Cluster> {
    const { name, directory, network } = options;
    const number = options.numbers.next().value as number;
    const addresses = network.node(number);
    const credentials = await ClusterCredentials.create(name, directory, addresses);
    const cluster = new Cluster(options, credentials, addresses.dnsService);
    await cluster.startNode(basename(directory), number, directory, { controlPlane: true });
    cluster.before = await cluster.inventory();
    return cluster;
  }

  public readonly core: CoreV1Api;
  /** Those it was given, the one with the control plane first. */
  public readonly nodes: Node[] = [];
  /** What it held from its start. */
  public before: ReadonlySet<string> = new Set();

  private constructor(
    private readonly options: ClusterOptions,
    private readonly credentials: ClusterCredentials,
    private readonly dns: string,
  ) {
    const config = new KubeConfig();
    config.loadFromFile(this.kubeconfig);
    this.core = config.makeApiClient(CoreV1Api);
  }

  public get name(): string {
    return this.options.name;
  }

  public get directory(): string {
    return this.options.directory;
  }

  /** Of its API server. */
  public get address(): string {
    return this.credentials.server;
  }

  /** Path of the CA certificate that signed the API server's. */
  public get caFile(): string {
    return this.credentials.caFile;
  }

  /** Path of the public key that checks its ServiceAccount tokens. */
  public get tokenKeyFile(): string {
    return this.credentials.tokenKeyFile;
  }

  /** Path of an administrator's; its context has the cluster's name. */
  public get kubeconfig(): string {
    return join(this.directory, "kubeconfig");
  }

  /** Runs kubectl as a document has it, words between blanks; it must succeed. Returns what it prints. */
  public kubectl(command: string | readonly string[], input?: string): Promise<string> {
    const { program, args } = this.kubectlCommand(command);
    return output(program, args, { input });
  }

  /** Runs kubectl, whatever comes of it. */
  public tryKubectl(command: string | readonly string[]): Promise<CommandResult> {
    const { program, args } = this.kubectlCommand(command);
    return run(program, args);
  }

  /** What kubectl knows of an object, or of objects. */
  public async get<Kind>(what: string): Promise<Kind> {
    return JSON.parse(await this.kubectl(`get ${what} -o json`)) as Kind;
  }

  public async exists(what: string): Promise<boolean> {
    return (await this.kubectl(`get ${what} -o name --ignore-not-found`)) !== "";
  }

  public async apply(...objects: readonly object[]): Promise<void> {
    await this.kubectl("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  }

  /** The pods with these labels that were not deleted and have not ended. */
  public async pods(namespace: string, labelSelector: string): Promise<readonly Pod[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
    return (items as Pod[]).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && ["Pending", "Running"].includes(status.phase!),
    );
  }

  /** These, once there are as many and all are ready. */
  public readyPods(namespace: string, labels: string, count = 1, seconds = 120): Promise<readonly Pod[]> {
    return waitFor(`${count} × ${labels} ready in ${this.name}`, seconds, async () => {
      const pods = await this.pods(namespace, labels);
      if (pods.length === count && pods.every(isReady)) return pods;
      throw new Error(pods.map(stateOf).join("; ") || "there is no pod");
    });
  }

  /** What a container has printed. */
  public log({ metadata: { name, namespace } }: Pod, container: string): Promise<string> {
    return this.core.readNamespacedPodLog({ name: name!, namespace: namespace!, container });
  }

  /** What a command in a container prints; it must succeed. */
  public exec(
    { metadata: { name, namespace } }: Pod,
    container: string,
    ...command: string[]
  ): Promise<string> {
    return this.kubectl(["exec", "-n", namespace!, name!, "-c", container, "--", ...command]);
  }

  /** Halts a container until what it returns is called. */
  public async pause({ spec, status }: Pod, container: string): Promise<() => Promise<void>> {
    const node = this.nodes.find(({ name }) => name === spec.nodeName)!;
    const found = status.containerStatuses?.find(({ name }) => name === container);
    const id = found!.containerID!.replace("containerd://", "");
    const task = async (verb: string) => {
      const { code, stderr } = await node.run(["ctr", "--namespace", "k8s.io", "tasks", verb, id]);
      if (code !== 0) throw new Error(`ctr tasks ${verb}: ${stderr}`);
    };
    await task("pause");
    return () => task("resume");
  }

  public async token({ namespace, serviceAccount: name, audience }: TokenRequest): Promise<string> {
    const body = { spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds: 3600 } };
    const { status } = await this.core.createNamespacedServiceAccountToken({ namespace, name, body });
    return status!.token;
  }

  /** Gives it one more node; `disk` is for pods' files, such as `512m`, where it is not to be the machine's. */
  public addNode(disk?: string): Promise<Node> {
    const number = this.options.numbers.next().value as number;
    return this.startNode(`${this.name}-${number}`, number, `${this.directory}-${number}`, { disk });
  }

  /** Every object it holds, as `resource namespace/name`, but for what comes and goes by itself. */
  public async inventory(): Promise<ReadonlySet<string>> {
    const names = await this.kubectl("api-resources --verbs=list -o name");
    const resources = names
      .trim()
      .split("\n")
      .filter((name) => !LEFT_OUT.test(name));
    const path = "{.kind} {.metadata.namespace}/{.metadata.name}";
    const objects = await this.kubectl([
      "get",
      resources.join(","),
      "-A",
      "-o",
      `jsonpath={range .items[*]}${path}{"\\n"}{end}`,
    ]);
    return new Set(
      objects
        .trim()
        .split("\n")
        .filter((object) => !OF_EACH_NAMESPACE.test(object)),
    );
  }

  private kubectlCommand(command: string | readonly string[]): { program: string; args: readonly string[] } {
    const words = typeof command === "string" ? command.split(/\s+/) : command;
    const { programs } = this.options;
    return { program: programs.path("kubectl"), args: [`--kubeconfig=${this.kubeconfig}`, ...words] };
  }

  private async startNode(
    name: string,
    number: number,
    directory: string,
    { controlPlane = false, disk }: { readonly controlPlane?: boolean; readonly disk?: string | undefined },
  ): Promise<Node> {
    const { network, images, programs } = this.options;
    await this.credentials.writeNode(name, directory);
    const node = await Node.start({
      ...{ name, number, directory, network, images, programs, controlPlane, disk },
      dns: this.dns,
    });
    this.nodes.push(node);
    await waitFor(`node ${name} ready`, 120, async () => {
      node.requireRunning();
      const { status } = await this.core.readNode({ name });
      return status?.conditions?.some((each) => each.type === "Ready" && each.status === "True");
    });
    if (controlPlane) {
      const objects = readFileSync(join(__dirname, "nodes", "dns.yaml"), "utf8");
      await this.kubectl("apply -f -", objects.replace("@DNS@", this.dns));
    }
    return node;
  }
}

const LEFT_OUT = /^(events|leases|componentstatuses|apiservices|.*\.metrics\.k8s\.io)(\.|$)/;

/** Kubernetes puts these into each namespace when it gets to it. */
const OF_EACH_NAMESPACE = /^(ConfigMap \S*\/kube-root-ca\.crt|ServiceAccount \S*\/default)$/;

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** A pod's state in a few words: what keeps it from being ready. */
function stateOf({ metadata, status }: Pod): string {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const states = containers.map(({ name, state, ready }) => {
    const { reason, message = "" } = state?.waiting ?? state?.terminated ?? {};
    return ready ? undefined : `${name} ${reason ?? "not ready"} ${message}`.trim();
  });
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled")?.message;
  return `${metadata.name}: ${[scheduled, ...states].filter((text) => text !== undefined).join(", ") || "ready"}`;
}
