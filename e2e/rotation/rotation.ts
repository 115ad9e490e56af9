import assert from "node:assert/strict";
import { approleCredential } from "../approle";
import type { Cluster } from "../cluster";
import { VAULT_STACK } from "../deployment";
import { IstioVault } from "../istio-vault";
import { readyIstiod } from "../istiod";
import type { MeshSettings } from "../mesh-file";
import { waitFor } from "../wait";
import { publishedRoots } from "../workload-certificate";
import type { World } from "../world";
import type { RootNames } from "./root-names";
import { nameOf, type Tried, Workloads } from "./workloads";

const AGENT = "vault-agent";
const RENDER_SECONDS = 60;

/** What must be there at a moment, so that its handshakes say something. */
export interface Expected {
  readonly signers: readonly string[];
  readonly bundles: readonly string[];
}

/** Takes a mesh through the steps of a rotation, and tries every handshake at each moment of it. */
export class Rotation {
  public readonly workloads: Workloads;
  public moments = 0;
  public handshakes = 0;

  constructor(
    private readonly world: World,
    private readonly clusters: readonly Cluster[],
    private readonly names: RootNames,
  ) {
    this.workloads = new Workloads(clusters, names);
  }

  /** Every handshake between all that are alive now; none may fail. */
  public async moment(what: string, expected: Expected): Promise<void> {
    this.moments++;
    const lacking = (tried: Tried) => [
      ...expected.signers.filter((signer) => !tried.signers.includes(signer)),
      ...expected.bundles.filter((bundle) => !tried.bundles.includes(bundle)),
    ];
    let tried = await this.tryAll(what);
    // On a busy machine certificates end while they wait for their turn.
    for (let again = 0; again < 2 && lacking(tried).length > 0; again++) tried = await this.tryAll(what);
    assert.deepEqual(lacking(tried), [], "not one of these was there to be tried");
  }

  private async tryAll(what: string): Promise<Tried> {
    const tried = await this.workloads.tryAll();
    const { leaves, signers, bundles, handshakes, failures } = tried;
    console.log(
      `         ${what}: ${leaves} leaves (${signers.join(", ")}) by ${bundles.join(" and ")}: ${handshakes} handshakes, ${failures.length} failed`,
    );
    this.handshakes += handshakes;
    assert.deepEqual(failures, []);
    return tried;
  }

  /**
   * A changed bundle, deployed by vault-root, rendered by one cluster and then by the other: their agents
   * are held back, so that each moment between is there.
   */
  public async changeBundle(mesh: MeshSettings, to: string, order: readonly Cluster[]): Promise<void> {
    const signers = this.signers;
    const from = this.workloads.latest(order[0]!.name)!.bundle;
    const held = new Map(await Promise.all(order.map(async (one) => [one, await holdAgent(one)] as const)));
    await this.deploy(mesh);
    await this.moment(`${from} to ${to}: in Vault`, { signers, bundles: [from] });
    for (const cluster of order) {
      held.get(cluster)!();
      await this.hasBundle(cluster, to);
      await this.moment(`${from} to ${to}: ${cluster.name} has it`, { signers, bundles: [from, to] });
    }
  }

  /** A cluster's intermediate under another root. */
  public async changeSigner(mesh: MeshSettings, cluster: Cluster, to: string): Promise<void> {
    const { bundle } = this.workloads.latest(cluster.name)!;
    const { signers } = this;
    const step = `${cluster.name} signs with ${to}`;
    await this.deploy(mesh);
    await this.moment(`${step}: declared`, { signers, bundles: [bundle] });
    const release = await holdAgent(cluster);
    await this.issueDue(cluster);
    await this.moment(`${step}: issued`, { signers, bundles: [bundle] });
    release();
    await waitFor(`${cluster.name} signs with ${to}`, RENDER_SECONDS, async () => {
      return this.workloads.latest(cluster.name)?.root === to;
    });
    await this.moment(`${step}: in effect`, {
      signers: [...signers, `${cluster.name} under ${to}`],
      bundles: [bundle],
    });
  }

  /** Waits until the last workload that this holds for has renewed, or would have ended. */
  public async settled(
    what: string,
    old: (workload: { root: string; bundle: string }) => boolean,
  ): Promise<void> {
    const started = Date.now();
    await waitFor(what, 120, async () => !this.workloads.alive.some(old));
    console.log(`         ${what} after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }

  /** Waits until a cluster's istiod hands out a bundle, and has published it. */
  public async hasBundle(cluster: Cluster, bundle: string): Promise<void> {
    await waitFor(`${cluster.name} has bundle ${bundle}`, RENDER_SECONDS, async () => {
      const published = this.names.bundle(await publishedRoots(cluster, "default"));
      return published === bundle && this.workloads.latest(cluster.name)?.bundle === bundle;
    });
  }

  /** Who hands out certificates now, and under which root. */
  private get signers(): string[] {
    return this.clusters.map(({ name }) => nameOf(this.workloads.latest(name)!));
  }

  private async deploy(mesh: MeshSettings): Promise<void> {
    this.world.deployment.configure(mesh);
    await this.world.deployment.deploy(VAULT_STACK);
    await this.names.learn(this.world.rig);
  }

  /** `istio-vault issue --due`: of a cluster whose root changed, and of no other. */
  private async issueDue(due: Cluster): Promise<void> {
    const { rig, deployment } = this.world;
    const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
    assert.deepEqual(
      (await issuer.output(["issue", "--due", "-o", "short"])).trim().split("\n"),
      this.clusters.map((one) => `${one.name} ${one === due ? "issued" : "not due"}`),
    );
  }
}

/** Halts a cluster's agent: what is written to Vault reaches istiod when it is released. */
async function holdAgent(cluster: Cluster): Promise<() => void> {
  const agent = cluster.node.container(await readyIstiod(cluster), AGENT);
  agent.pause();
  return () => agent.resume();
}
