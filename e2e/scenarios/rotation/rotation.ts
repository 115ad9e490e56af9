import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Cluster } from "../../cluster";
import { VAULT_STACKS } from "../../deployment";
import { IstioVault } from "../../istio-vault";
import { readyIstiod } from "../../istiod";
import type { MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import { RootNames } from "../../root-names";
import { note, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { publishedRoots, signWorkload, type WorkloadCertificate } from "../../workload-certificate";
import { certificates } from "../../x509";

/** What an Envoy holds, by the names of roots. */
export interface Held {
  readonly cluster: string;
  /** The root its own certificate chains to. */
  readonly root: string;
  /** The roots it trusts: `a+b`. */
  readonly bundle: string;
}

/** What a workload got of istiod, by the names of roots. */
export interface Signed extends Held {
  readonly certificate: WorkloadCertificate;
}

/** Takes a mesh through the steps of a rotation, while its workloads talk. */
export class Rotation {
  public readonly names = new RootNames();

  constructor(private readonly world: World) {}

  /** For a mesh that was deployed already. */
  public static async of(world: World): Promise<Rotation> {
    const rotation = new Rotation(world);
    await rotation.names.learn(world.rig);
    return rotation;
  }

  /** Vault, the intermediates, the clusters; and traffic. */
  public async deployMesh(mesh: MeshSettings): Promise<void> {
    const { rig, deployment, traffic } = this.world;
    await this.deploy(mesh);
    await this.issue("--all");
    await deployment.deploy(...FIRST_CLUSTERS);
    await traffic.start(rig.clusters);
  }

  /**
   * A changed bundle, deployed by Vault's stacks, rendered by one cluster and then by the other: agents are held back, so that
   * workloads talk at each moment between.
   */
  public async changeBundle(mesh: MeshSettings, to: string, order: readonly Cluster[]): Promise<void> {
    const held = new Map(
      await Promise.all(order.map(async (each) => [each, await holdAgent(each)] as const)),
    );
    await this.deploy(mesh);
    await this.world.traffic.round();
    for (const cluster of order) {
      await held.get(cluster)!();
      await waitFor(`${cluster.name} publishes ${to}`, 60, async () => {
        return this.names.bundle(await publishedRoots(cluster)) === to;
      });
      await this.world.traffic.round();
    }
  }

  /** A cluster's intermediate under another root: declared, issued, in effect. */
  public async changeSigner(mesh: MeshSettings, cluster: Cluster, to: string): Promise<void> {
    const { traffic } = this.world;
    await this.deploy(mesh);
    await traffic.round();
    const release = await holdAgent(cluster);
    await this.issueDue(cluster);
    await traffic.round();
    await release();
    await waitFor(`${cluster.name} signs with ${to}`, 60, async () => {
      return (await this.signedNow(cluster)).root === to;
    });
    await traffic.round();
  }

  /** Waits until this holds of what each cluster's istiod signs and hands out. */
  public async everyCluster(what: string, is: (held: Held) => boolean, seconds = 60): Promise<void> {
    for (const cluster of this.world.rig.clusters)
      await waitFor(`${cluster.name} ${what}`, seconds, async () => is(await this.signedNow(cluster)));
  }

  /** Waits until no Envoy is left of which this holds. */
  public async settled(what: string, old: (held: Held) => boolean): Promise<void> {
    const started = Date.now();
    await waitFor(what, 240, async () => !(await this.held()).some(old));
    await this.world.traffic.round();
    note(`after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }

  /** What a workload gets of a cluster's istiod now. */
  public async signedNow(cluster: Cluster): Promise<Signed> {
    const certificate = await signWorkload(cluster);
    const root = this.names.signer(certificates(certificate.chain)[1]!);
    return { cluster: cluster.name, certificate, root, bundle: this.names.bundle(certificate.root) };
  }

  /** Runs `istio-vault issue`; what it says. */
  public async issue(...options: string[]): Promise<string> {
    const { rig, deployment } = this.world;
    const command = new IstioVault(rig, deployment, await approleCredential(rig));
    return command.output(["issue", ...options]);
  }

  /** Of every client and server. */
  public async held(): Promise<readonly Held[]> {
    const envoys = await this.world.traffic.envoys();
    return envoys.map(({ cluster, chain, roots }) => ({
      cluster,
      // What comes last is the whole bundle.
      root: this.names.signer(certificates(chain)[1]!),
      bundle: this.names.trusted(roots),
    }));
  }

  /** A changed mesh.yaml, deployed by Vault's stacks. */
  public async deploy(mesh: MeshSettings): Promise<void> {
    this.world.deployment.configure(mesh);
    await this.world.deployment.deploy(VAULT_STACKS);
    await this.names.learn(this.world.rig);
  }

  /** `istio-vault issue --due`: of a cluster whose root changed, and of no other. */
  private async issueDue(due: Cluster): Promise<void> {
    const said = await this.issue("--due", "-o", "short");
    const expected = FIRST_CLUSTERS.map((name) => `${name} ${name === due.name ? "issued" : "not due"}`);
    assert.deepEqual(said.trim().split("\n"), expected);
  }
}

/** Halts the agent beside a cluster's istiod: what is written to Vault reaches istiod when it is released. */
async function holdAgent(cluster: Cluster): Promise<() => Promise<void>> {
  return cluster.pause(await readyIstiod(cluster), "vault-agent");
}
