import assert from "node:assert/strict";
import type { Cluster } from "./cluster";
import { handshake, type Peer } from "./handshake";
import { readyIstiod } from "./istiod";
import { SigningClient, type SigningRequest } from "./signing-client";
import { waitFor } from "../wait";

/** Watches a cluster's istiod serve, by a client that asks it for certificates without a pause. */
export class Serving {
  /** `clusterId` is what the client's proxy takes its cluster's name to be. */
  public static async start(cluster: Cluster, clusterId = cluster.name): Promise<Serving> {
    const pod = (await readyIstiod(cluster)).metadata.uid;
    const { directory, api } = cluster;
    return new Serving(cluster, pod, new SigningClient({ name: clusterId, directory, api }, 1));
  }

  private constructor(
    private readonly cluster: Cluster,
    private readonly pod: string,
    private readonly client: SigningClient,
  ) {}

  /** The first certificate this intermediate signs. */
  public signedBy(serial: string): Promise<SigningRequest> {
    return waitFor(`a leaf of intermediate ${serial}`, 120, async () =>
      this.client.requests.find(({ intermediate }) => intermediate === serial),
    );
  }

  /**
   * Throws unless every request was answered, these intermediates signed one after the other, and
   * workloads of each accept those of each. Where pods were replaced, the request under way at each may
   * be lost, which a proxy repeats; never two in a row.
   */
  public async end(serials: readonly string[], replacedPods = 0): Promise<readonly Peer[]> {
    const requests = await this.client.stop();
    const { failures } = this.client;
    assert.ok(failures.length <= replacedPods, JSON.stringify(failures));
    assert.ok(
      !requests.some(({ error }, index) => error && requests[index + 1]?.error),
      "two in a row failed",
    );
    const answered = requests.filter(({ error }) => error === undefined);
    assert.deepEqual([...new Set(answered.map(({ intermediate }) => intermediate))], serials);
    const peers = serials.map(
      (serial) => requests.find(({ intermediate }) => intermediate === serial)!.peer!,
    );
    for (const client of peers) for (const server of peers) await handshake(client, server);
    console.log(`         ${requests.length} requests, ${failures.length} failed`);
    return peers;
  }

  /** Throws if istiod is another pod than at the start. */
  public async requireSamePod(): Promise<void> {
    assert.equal((await readyIstiod(this.cluster)).metadata.uid, this.pod, "istiod was restarted");
  }
}
