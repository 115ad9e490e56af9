import assert from "node:assert/strict";
import { handshake } from "../../handshake";
import { IntermediateSecret } from "../../../intermediate-secret";
import type { Rig } from "../../rig";
import { Serving } from "../../serving";
import { certificates } from "../../../x509";
import { ByHand } from "./by-hand";
import { CLUSTERS, UNNAMED } from "./meshes";
import { PlainCommands } from "./plain-commands";

/** What the parts hand on to each other: the reader's files, and a client in each cluster from first to last. */
export class AdoptedClusters {
  public static async setUpByHand(rig: Rig): Promise<AdoptedClusters> {
    const commands = new PlainCommands(rig);
    const byHand = new ByHand(rig, commands);
    await byHand.setUp(CLUSTERS);
    const clients = await Promise.all(CLUSTERS.map((name) => Serving.start(rig.cluster(name), UNNAMED)));
    const serials = CLUSTERS.map((name) => [
      certificates(commands.read(`${name}-ca-cert.pem`))[0]!.serialNumber.toLowerCase(),
    ]);
    return new AdoptedClusters(rig, commands, byHand, clients, serials);
  }

  private constructor(
    private readonly rig: Rig,
    public readonly commands: PlainCommands,
    public readonly byHand: ByHand,
    private readonly clients: readonly Serving[],
    private readonly serials: string[][],
  ) {}

  /** Waits until each cluster signs with the intermediate that is in effect by then. */
  public async serve(): Promise<void> {
    await Promise.all(this.clients.map((client, index) => client.signedBy(this.serials[index]!.at(-1)!)));
  }

  /** The issuer wrote new ones. */
  public async renewed(): Promise<void> {
    for (const [index, name] of CLUSTERS.entries()) {
      const { serial } = await new IntermediateSecret(this.rig, name).record();
      this.serials[index]!.push(serial!);
    }
    await this.serve();
  }

  /**
   * They served from first to last, but for what is lost with replaced pods of istiod, so many in each
   * cluster; workloads of any time and cluster accept each other.
   */
  public async end(replacedPods: readonly number[]): Promise<void> {
    const peers = await Promise.all(
      this.clients.map((client, index) => client.end(this.serials[index]!, replacedPods[index])),
    );
    const all = peers.flat();
    assert.equal(all.length, 2 * CLUSTERS.length);
    for (const client of all) for (const server of all) await handshake(client, server);
  }
}
