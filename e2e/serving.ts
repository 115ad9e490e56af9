import assert from "node:assert/strict";
import type { Cluster } from "./cluster";
import { handshake } from "./handshake";
import { readyIstiod } from "./istiod";
import { SigningClient, type SigningRequest } from "./signing-client";
import { waitFor } from "./wait";

/** That one istiod serves from `start` to `end`: the same pod, and no request for a certificate fails. */
export class Serving {
  public static async start(cluster: Cluster): Promise<Serving> {
    return new Serving(cluster, (await readyIstiod(cluster)).metadata.uid);
  }

  private readonly client: SigningClient;

  private constructor(
    private readonly cluster: Cluster,
    private readonly pod: string,
  ) {
    this.client = new SigningClient(cluster, 1);
  }

  /** The first certificate this intermediate signs. */
  public signedBy(serial: string): Promise<SigningRequest> {
    return waitFor(`a leaf of intermediate ${serial}`, 120, async () =>
      this.client.requests.find(({ intermediate }) => intermediate === serial),
    );
  }

  /** Throws unless it served all the time, with these intermediates one after the other, and workloads of each accept those of each. */
  public async end(serials: readonly string[]): Promise<void> {
    const requests = await this.client.stop();
    assert.deepEqual(this.client.failures, []);
    assert.equal((await readyIstiod(this.cluster)).metadata.uid, this.pod, "istiod was restarted");
    assert.deepEqual([...new Set(requests.map(({ intermediate }) => intermediate))], serials);
    const peers = serials.map(
      (serial) => requests.find(({ intermediate }) => intermediate === serial)!.peer!,
    );
    for (const client of peers) for (const server of peers) await handshake(client, server);
    console.log(`         ${requests.length} requests, 0 failed`);
  }
}
