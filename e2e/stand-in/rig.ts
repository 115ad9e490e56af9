import { join } from "node:path";
import { AddressBlock } from "./addresses";
import { Cluster } from "./cluster";
import { Etcd } from "./etcd";
import { type IstioBuild, ISTIO_NEEDS, type IstioNeed } from "../istio-builds";
import { openTofu, type TerraformProgram } from "../open-tofu";
import type { Need, Programs } from "../programs";
import { VaultServer } from "../vault-server";

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

/** What is not as usual in a rig. */
export interface RigVariant {
  /** In place of Terraform. */
  readonly terraform?: "tofu";
  /** In place of Vault's server; pods have Vault's own agent all the same. */
  readonly vaultServer?: "bao";
  /** Namespace of Vault that everything is in. */
  readonly namespace?: string;
  /** In place of the default Istio. */
  readonly istio?: IstioNeed;
}

/** Everything a run starts: one Vault, one etcd, and clusters as they are asked for. */
export class Rig {
  public static async start(programs: Programs, directory: string, variant: RigVariant = {}): Promise<Rig> {
    const addresses = await AddressBlock.free();
    const [vault, etcd] = await Promise.all([
      VaultServer.start({
        program: programs.path(variant.vaultServer ?? "vault"),
        directory: join(directory, "vault"),
        host: addresses.vault,
        namespace: variant.namespace,
      }),
      Etcd.start(programs.path("etcd"), join(directory, "etcd"), addresses.etcd),
    ]);
    return new Rig(programs, directory, variant, addresses, vault, etcd);
  }

  private readonly started = new Map<string, Cluster>();
  private numbers = 0;

  private constructor(
    public readonly programs: Programs,
    public readonly directory: string,
    private readonly variant: RigVariant,
    private readonly addresses: AddressBlock,
    public readonly vault: VaultServer,
    public readonly etcd: Etcd,
  ) {}

  /** What plans and applies. */
  public get terraform(): TerraformProgram {
    return this.variant.terraform === "tofu"
      ? openTofu(this.programs.path("tofu"), this.directory)
      : { path: this.programs.path("terraform"), env: {} };
  }

  /** The Istio that meshes have where they say nothing else. */
  public get istio(): IstioBuild {
    return this.programs.istio(this.istioNeed);
  }

  /** The one of the minor version above it. */
  public get nextIstio(): IstioBuild {
    return this.programs.istio(ISTIO_NEEDS[ISTIO_NEEDS.indexOf(this.istioNeed) - 1]!);
  }

  private get istioNeed(): IstioNeed {
    return this.variant.istio ?? "Istio";
  }

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
}
