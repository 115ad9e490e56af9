import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Cluster } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { readyIstiod } from "../../istiod";
import { note, part, step, type World } from "../../scenario";
import { waitFor } from "../../wait";
import { signWorkload } from "../../workload-certificate";
import { certificates } from "../../x509";

const CLUSTER = "cluster1";

/** The agent looks every 10 s in these tests; istiod takes a moment, and so does a busy machine. */
const MOST_SECONDS = 10 + 10;

export function seamlessRenewal(): void {
  part("renewal while requests go on", () => {
    step(
      "no request fails, nor one for a certificate, and the new intermediate is in effect within the render interval",
      async (world) => {
        const { rig, traffic } = world;
        const cluster = rig.cluster(CLUSTER);
        const istiod = await readyIstiod(cluster);
        await traffic.unbroken(async () => {
          for (let renewal = 0; renewal < 2; renewal++) {
            await issue(world);
            const seconds = await inEffect(rig.cluster(CLUSTER), new IntermediateSecret(rig, CLUSTER));
            note(`in effect after ${seconds.toFixed(1)} s`);
            assert.ok(seconds < MOST_SECONDS, `${seconds} s`);
            await traffic.restartServer(cluster);
            await traffic.round();
          }
        });
        assert.equal((await readyIstiod(cluster)).metadata.uid, istiod.metadata.uid, "istiod was restarted");
        const signers = (await traffic.envoys()).map(({ chain }) => certificates(chain)[1]!.serialNumber);
        assert.equal(new Set(signers).size, rig.clusters.length + 1);
      },
    );
    step(
      "control: a broken renewal makes requests for certificates fail, and a right one heals them",
      async (world) => {
        const { rig, traffic } = world;
        const cluster = rig.cluster(CLUSTER);
        await traffic.unbroken(async () => {
          const secret = new IntermediateSecret(rig, CLUSTER);
          const { ca_key, ca_cert, root_cert } = await secret.files();
          // The chain without the intermediate: istiod logs success, and serves nobody.
          await secret.overwrite({ ca_key, ca_cert, cert_chain: root_cert });
          await waitFor("a refused request", 60, () =>
            signWorkload(cluster).then(
              () => false,
              () => true,
            ),
          );
          await issue(world);
          await waitFor("a request that succeeds", 90, async () => {
            return (await signer(cluster)) === (await secret.record()).serial;
          });
        });
      },
    );
  });
}

async function issue({ rig, deployment }: World): Promise<void> {
  const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
  await issuer.output(["issue", "--cluster", CLUSTER]);
}

/** Asks for certificates, each of which must come, until one is of the intermediate in Vault; the seconds that took. */
async function inEffect(cluster: Cluster, secret: IntermediateSecret): Promise<number> {
  const started = Date.now();
  const { serial } = await secret.record();
  while ((await signer(cluster)) !== serial)
    assert.ok(Date.now() - started < 60_000, "not in effect within 60 s");
  return (Date.now() - started) / 1000;
}

/** Serial of the intermediate that signs, as the record in Vault has it. */
async function signer(cluster: Cluster): Promise<string> {
  const { chain } = await signWorkload(cluster);
  return certificates(chain)[1]!.serialNumber.toLowerCase();
}
