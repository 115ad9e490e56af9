import { join } from "node:path";
import { Cluster } from "./cluster";
import { CDKTF, cdktn, type Core } from "./core";
import { type IstioBuild, ISTIO_NEEDS, type IstioNeed } from "./istio-builds";
import type { ImageStore } from "./nodes/images";
import { Network, NODE_NUMBERS } from "./nodes/network";
import { openTofu, type TerraformProgram } from "./open-tofu";
import type { Programs } from "./programs";
import { VaultServer } from "./vault-server";

/** What is not as usual in a rig. */
export interface RigVariant {
  /** In place of Terraform. */
  readonly terraform?: "tofu";
  /** In place of cdktf, with its own command. */
  readonly core?: "cdktn";
  /** In place of Vault's server; pods have Vault's own agent all the same. */
  readonly vaultServer?: "bao";
  /** Namespace of Vault that everything is in. */
  readonly namespace?: string;
  /** In place of the default Istio. */
  readonly istio?: IstioNeed;
  /** Vault, API servers and pods have addresses of IPv6 besides. */
  readonly ipv6?: boolean;
}

/** Everything a scenario runs on: one Vault, and clusters as they are asked for, on a network of their own. */
export class Rig {
  /** @param images makes them, or says where they are, when the first cluster needs them */
  public static async start(
    programs: Programs,
    directory: string,
    variant: RigVariant,
    images: () => Promise<ImageStore>,
  ): Promise<Rig> {
    const network = Network.claim(variant.ipv6);
    const vault = await VaultServer.start({
      program: programs.path(variant.vaultServer ?? "vault"),
      directory: join(directory, "vault"),
      host: network.machine,
      ipv6Host: variant.ipv6 ? network.machineByIpv6 : undefined,
      namespace: variant.namespace,
    });
    return new Rig(programs, directory, variant, network, vault, images);
  }

  /** What the program under test runs on. */
  public readonly core: Core;
  private readonly started = new Map<string, Cluster>();
  private readonly numbers = NODE_NUMBERS.values();
  private images?: Promise<ImageStore>;

  private constructor(
    public readonly programs: Programs,
    public readonly directory: string,
    private readonly variant: RigVariant,
    public readonly network: Network,
    public readonly vault: VaultServer,
    private readonly makeImages: () => Promise<ImageStore>,
  ) {
    this.core =
      variant.core === "cdktn" ? cdktn(programs.path("cdktn"), join(directory, "cdktn-program")) : CDKTF;
  }

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

  /** This machine's address, as pods see it. */
  public get machine(): string {
    return this.network.machine;
  }

  public get clusters(): readonly Cluster[] {
    return [...this.started.values()];
  }

  public cluster(name: string): Cluster {
    const cluster = this.started.get(name);
    if (!cluster) throw new Error(`no cluster ${name} was started`);
    return cluster;
  }

  /** The same clusters beside another Vault, which listens at this port. */
  public async withVault(port: number): Promise<Rig> {
    const vault = await VaultServer.start({
      program: this.programs.path("vault"),
      directory: join(this.directory, `vault-${port}`),
      host: this.machine,
      port,
    });
    return Object.create(this, { vault: { value: vault } }) as Rig;
  }

  /** @param directory where another had the name before */
  public async addCluster(name: string, directory = join(this.directory, name)): Promise<Cluster> {
    const { programs, network, numbers } = this;
    const images = await (this.images ??= this.makeImages());
    const cluster = await Cluster.start({ name, directory, numbers, network, images, programs });
    this.started.set(name, cluster);
    return cluster;
  }
}
