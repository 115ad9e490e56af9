import assert from "node:assert/strict";
import type { Cluster } from "../../cluster";
import { VAULT_STACKS } from "../../deployment";
import { readyIstiod } from "../../istiod";
import { renewedMesh } from "../../meshes";
import { check, part } from "../../scenario";
import { waitFor } from "../../wait";
import { signWorkload } from "../../workload-certificate";
import { certificates } from "../../x509";

export function renewal(): void {
  part("a raised generation", () => {
    check(
      "the running istiod signs with the new intermediate, and workloads of both accept each other",
      async (world) => {
        const { rig, deployment, traffic } = world;
        const cluster = rig.cluster("cluster1");
        const before = await readyIstiod(cluster);
        const old = await intermediateSerial(cluster);
        await traffic.unbroken(async () => {
          deployment.configure(renewedMesh);
          await deployment.deploy(VAULT_STACKS);
          await waitFor(
            "a leaf of the new intermediate",
            60,
            async () => (await intermediateSerial(cluster)) !== old,
          );
          // Its client keeps its certificate, under the old one.
          await traffic.restartServer(cluster);
        });
        assert.equal((await readyIstiod(cluster)).metadata.uid, before.metadata.uid, "istiod was restarted");
        const signers = (await traffic.envoys()).map(({ chain }) => certificates(chain)[1]!.serialNumber);
        assert.equal(new Set(signers).size, rig.clusters.length + 1);
      },
    );
  });
}

async function intermediateSerial(cluster: Cluster): Promise<string> {
  const { chain } = await signWorkload(cluster);
  return certificates(chain)[1]!.serialNumber;
}
