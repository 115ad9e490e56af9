import assert from "node:assert/strict";
import type { Part } from "../checks";
import { VAULT_STACK } from "../deployment";
import { readyIstiod } from "../istiod";
import { waitFor } from "../../wait";
import { signWorkload } from "../workload-certificate";
import { certificates } from "../../x509";
import { workload } from "./istiod-on-vault";
import { handshake } from "../handshake";
import { renewedMesh } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const renewal: Part = {
  name: "a raised generation",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the running istiod signs with the new intermediate, and workloads still accept each other",
      run: async ({ rig, deployment }) => {
        const cluster = rig.cluster("cluster1");
        const before = await readyIstiod(cluster);
        const old = await intermediateSerial(rig.cluster("cluster1"));
        const early = await workload(cluster);
        deployment.configure(renewedMesh);
        await deployment.deploy(VAULT_STACK);
        await waitFor(
          "a leaf of the new intermediate",
          60,
          async () => (await intermediateSerial(cluster)) !== old,
        );
        assert.equal((await readyIstiod(cluster)).metadata.uid, before.metadata.uid, "istiod was restarted");
        const late = await workload(cluster);
        await handshake(early, late);
        await handshake(late, await workload(rig.cluster("cluster2")));
      },
    },
  ],
};

async function intermediateSerial(cluster: Parameters<typeof signWorkload>[0]): Promise<string> {
  const { chain } = await signWorkload(cluster, "default", "default");
  return certificates(chain)[1]!.serialNumber;
}
