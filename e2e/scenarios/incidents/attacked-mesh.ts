import assert from "node:assert/strict";
import type { Cluster, Pod } from "../../cluster";
import { VAULT_STACKS } from "../../deployment";
import { meetEnvoy } from "../../meet-envoy";
import type { MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import { runCommands, shellBlock } from "../../page-commands";
import { note, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { waitFor } from "../../wait";
import type { WorkloadCertificate } from "../../workload-certificate";
import { certificates } from "../../x509";
import { Rotation } from "../rotation/rotation";
import { forge, type Intermediate, signedForThief } from "./forgery";

export const PAGE = "docs/incidents.md";
const keyAlgorithm = "ecdsa-p256";
const BY_TERRAFORM = { issuance: "terraform", acceptKeysInState: true };

/** What mesh.yaml says, as far as the page has one change it. */
interface Declared {
  readonly roots: readonly string[];
  readonly trust: object;
  /** Sections of each cluster. */
  readonly clusters: Readonly<
    Record<string, { readonly intermediates: object; readonly leafGeneration: number }>
  >;
}

/** A mesh that things are stolen from, its owners, and the thief. */
export class AttackedMesh {
  private static made?: AttackedMesh;

  public static async deploy(this: void, world: World): Promise<void> {
    const { rig, deployment, traffic } = world;
    deployment.configure(settings(FIRST));
    await deployment.deployAll();
    await traffic.start(rig.clusters);
    AttackedMesh.made = new AttackedMesh(world, await Rotation.of(world));
  }

  /** The one that was deployed. */
  public static get it(): AttackedMesh {
    if (!AttackedMesh.made) throw new Error("no mesh was deployed");
    return AttackedMesh.made;
  }

  private declared = FIRST;
  private readonly forged: WorkloadCertificate[] = [];

  private constructor(
    private readonly world: World,
    public readonly rotation: Rotation,
  ) {}

  /** Changes what mesh.yaml says, and deploys Vault's stacks. */
  public async change(changed: Partial<Declared>): Promise<void> {
    this.declared = { ...this.declared, ...changed };
    await this.rotation.deploy(settings(this.declared));
  }

  /** mesh.yaml as it is declared now, deployed again. */
  public async deployAgain(): Promise<void> {
    await this.world.deployment.deploy(VAULT_STACKS);
  }

  /** "An intermediate's key was read by someone": another one for a cluster, and leaves under it alone. */
  public async exchange({ name }: Cluster, intermediates: object): Promise<void> {
    const [started, cluster] = [Date.now(), this.world.rig.cluster(name)];
    const old = await this.signerOf(cluster);
    await this.changeCluster(name, { intermediates });
    await this.signsWithAnother(cluster, old);
    const signing = seconds(started);
    await this.renewLeaves(cluster);
    note(
      `${name}: signs with another intermediate after ${signing} s; no leaf is under the old one after ${seconds(started)} s`,
    );
  }

  public async signsWithAnother(cluster: Cluster, old: string): Promise<void> {
    await waitFor("another intermediate", 120, async () => (await this.signerOf(cluster)) !== old);
  }

  /** One generation of leaves on, under the intermediate that signs now. */
  public async renewLeaves(cluster: Cluster): Promise<void> {
    const signer = await this.signerOf(cluster);
    await this.changeCluster(cluster.name, {
      leafGeneration: this.declared.clusters[cluster.name]!.leafGeneration + 1,
    });
    await waitFor("every leaf under the new intermediate", 120, async () => {
      const envoys = (await this.world.traffic.envoys()).filter((envoy) => envoy.cluster === cluster.name);
      return envoys.every(({ chain }) => certificates(chain)[1]!.serialNumber === signer);
    });
  }

  /** Serial number of the intermediate that a cluster's istiod signs with. */
  public async signerOf(cluster: Cluster): Promise<string> {
    const { certificate } = await this.rotation.signedNow(cluster);
    return certificates(certificate.chain)[1]!.serialNumber;
  }

  /** Runs the block of the page that holds a text, for this cluster in place of cluster1; what it prints. */
  public run(text: string, cluster: Cluster = this.world.rig.cluster("cluster1")): Promise<string> {
    const commands = shellBlock(PAGE, text).replaceAll("cluster1", cluster.name);
    return runCommands(this.world.rig, cluster, commands, this.world.rig.directory);
  }

  /** The thief makes a certificate of anyone's, and is let in by every cluster. */
  public async forges(intermediate: Intermediate): Promise<void> {
    const { rig } = this.world;
    const certificate = await forge(rig, intermediate, this.rotation.names.pem("a"));
    this.forged.push(certificate);
    await this.acceptsTheThief();
  }

  /** The thief has a CA signed for a key of his own, with a token of someone's who may; its serial number. */
  public async signsForThief(token: string, cluster: Cluster): Promise<string> {
    const signed = await signedForThief(this.world.rig, token, cluster.name);
    await this.forges(signed);
    return signed.serial;
  }

  /** Whatever was stolen until now: it chains to a root that everyone trusts. */
  public async acceptsTheThief(): Promise<void> {
    for (const certificate of this.forged)
      for (const cluster of this.world.rig.clusters) await meets(certificate, cluster);
  }

  /** No workload lets anything in that was forged. */
  public async refusesTheThief(): Promise<void> {
    assert.ok(this.forged.length > 0);
    for (const certificate of this.forged)
      for (const cluster of this.world.rig.clusters)
        await assert.rejects(meets(certificate, cluster), /alert/);
  }

  private async changeCluster(name: string, changed: object): Promise<void> {
    const { clusters } = this.declared;
    await this.change({ clusters: { ...clusters, [name]: { ...clusters[name]!, ...changed } } });
  }
}

const FIRST: Declared = {
  roots: ["a"],
  trust: { signing: "a", bundle: ["a"] },
  clusters: {
    cluster1: { intermediates: BY_TERRAFORM, leafGeneration: 1 },
    cluster2: { intermediates: { generation: 1 }, leafGeneration: 1 },
  },
};

function settings({ roots, trust, clusters }: Declared): MeshSettings {
  return {
    clusters: FIRST_CLUSTERS,
    overrides: clusters,
    sections: {
      roots: roots.map((name) => ({ name, source: "vault-pki", keyAlgorithm })),
      intermediates: { issuance: "deploy", keyAlgorithm },
      issuer: { method: "approle" },
      trust,
    },
  };
}

/** A call of who holds this, answered by a cluster's server. */
async function meets({ chain: cert, key }: WorkloadCertificate, cluster: Cluster): Promise<void> {
  const [server] = (await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server")) as [Pod];
  // Whom the server's Envoy is signed by is not what is asked here.
  await meetEnvoy(server, 8080, { cert, key }, { anyServer: true });
}

export function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(0);
}
