import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { handshake } from "../../handshake";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { readyIstiod } from "../../istiod";
import { SigningClient, type SigningRequest } from "../../signing-client";
import { waitFor } from "../../../wait";
import type { World } from "../../world";
import { MESH_NEEDS } from "../needs";

const CLUSTER = "cluster1";
const LEAST_REQUESTS = 300;

/** The agent looks every 10 s in these tests; istiod takes a moment, and so does a busy machine. */
const RENDER_SECONDS = 10;
const ALLOWANCE_SECONDS = 10;

export const seamlessRenewal: Part = {
  name: "renewal under a client that asks without a pause",
  needs: MESH_NEEDS,
  checks: [
    {
      name: `of at least ${LEAST_REQUESTS} requests none fails, and the new intermediate is in effect within the render interval`,
      run: async (world) => {
        const istiod = await readyIstiod(world.rig.cluster(CLUSTER));
        const { requests, seconds, serials } = await renewUnderLoad(world);
        assert.deepEqual(
          requests.filter(({ error }) => error !== undefined),
          [],
        );
        const renewed = await readyIstiod(world.rig.cluster(CLUSTER));
        assert.equal(renewed.metadata.uid, istiod.metadata.uid, "istiod was restarted");
        console.log(
          `         ${requests.length} requests, 0 failed; renewals in effect after ${seconds.map((s) => s.toFixed(1)).join(" s and ")} s`,
        );
        for (const took of seconds) assert.ok(took < RENDER_SECONDS + ALLOWANCE_SECONDS, `${took} s`);
        await everyPairAccepts(requests, serials);
      },
    },
    {
      name: "control: a broken renewal makes requests fail, and a right one heals them",
      run: async ({ rig, deployment }) => {
        const secret = new IntermediateSecret(rig, CLUSTER);
        const { ca_key, ca_cert, root_cert } = await secret.files();
        // The chain without the intermediate: istiod logs success, and serves nobody.
        await secret.overwrite({ ca_key, ca_cert, cert_chain: root_cert });
        const client = new SigningClient(rig.cluster(CLUSTER), 1);
        await waitFor("a failed request", 60, async () => client.failures.length > 0);
        await client.stop();
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        await issuer.output(["issue", "--cluster", CLUSTER]);
        const serial = (await secret.record()).serial;
        const healed = new SigningClient(rig.cluster(CLUSTER), 1);
        await waitFor("a request that succeeds", 90, async () =>
          healed.requests.some(({ intermediate }) => intermediate === serial),
        );
        await healed.stop();
      },
    },
  ],
};

/** Renews twice while a client asks, and until it has asked often enough. */
async function renewUnderLoad({ rig, deployment }: World) {
  const cluster = rig.cluster(CLUSTER);
  const secret = new IntermediateSecret(rig, CLUSTER);
  const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
  const client = new SigningClient(cluster);
  const firstUnder = (serial: string) =>
    waitFor(`a leaf of intermediate ${serial}`, 60, async () =>
      client.requests.find(({ intermediate }) => intermediate === serial),
    );
  const seconds: number[] = [];
  const serials = [(await secret.record()).serial!];
  // What was written last may not be served yet.
  await firstUnder(serials[0]!);
  for (let renewal = 0; renewal < 2; renewal++) {
    await issuer.output(["issue", "--cluster", CLUSTER]);
    const written = Date.now();
    const serial = (await secret.record()).serial!;
    const first = await firstUnder(serial);
    seconds.push((first.at - written) / 1000);
    serials.push(serial);
  }
  await waitFor(`${LEAST_REQUESTS} requests`, 300, async () => client.requests.length >= LEAST_REQUESTS);
  return { requests: await client.stop(), seconds, serials };
}

/** One leaf of each intermediate, each against each, both ways. */
async function everyPairAccepts(
  requests: readonly SigningRequest[],
  serials: readonly string[],
): Promise<void> {
  const peers = serials.map((serial) => requests.find(({ intermediate }) => intermediate === serial)?.peer);
  assert.ok(!peers.includes(undefined), "an intermediate signed nothing");
  for (const client of peers) for (const server of peers) await handshake(client!, server!);
}
