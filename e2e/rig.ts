import { join } from "node:path";
import { AddressBlock } from "./addresses";
import { Cluster } from "./cluster";
import { Etcd } from "./etcd";
import type { Need, Programs } from "./programs";
import { VaultServer } from "./vault-server";

/** What a rig cannot be started without. */
export const RIG_NEEDS: readonly Need[] = [
  "root",
  "openssl",
  "unshare",
  "setpriv",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "vault",
];

/** Everything a run starts: one Vault, one etcd, and clusters as they are asked for. */
export class Rig {
  public static async start(programs: Programs, directory: string): Promise<Rig> {
    const addresses = await AddressBlock.free();
    const [vault, etcd] = await Promise.all([
      VaultServer.start(programs.path("vault"), join(directory, "vault"), addresses.vault),
      Etcd.start(programs.path("etcd"), join(directory, "etcd"), addresses.etcd),
    ]);
    return new Rig(programs, directory, addresses, vault, etcd);
  }

  private readonly started = new Map<string, Cluster>();
  private numbers = 0;

  private constructor(
    public readonly programs: Programs,
    public readonly directory: string,
    private readonly addresses: AddressBlock,
    public readonly vault: VaultServer,
    public readonly etcd: Etcd,
  ) {}

  public get clusters(): readonly Cluster[] {
    return [...this.started.values()];
  }

  public cluster(name: string): Cluster {
    const cluster = this.started.get(name);
    if (!cluster) throw new Error(`no cluster ${name} was started`);
    return cluster;
  }

  public async addCluster(name: string): Promise<Cluster> {
    const number = ++this.numbers;
    const cluster = await Cluster.start({
      name,
      directory: join(this.directory, name),
      addresses: this.addresses.cluster(number),
      etcdAddress: this.etcd.address,
      programs: this.programs,
    });
    this.started.set(name, cluster);
    return cluster;
  }

  /** Lets nothing it started be started again. What is a process of its own must be ended besides. */
  public async stop(): Promise<void> {
    await Promise.all(this.clusters.map(({ node }) => node.stop()));
  }
}
