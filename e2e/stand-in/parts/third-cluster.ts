import assert from "node:assert/strict";
import type { Part } from "../checks";
import { PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { pluginCaFile, readyIstiod } from "../istiod";
import { certificates } from "../../x509";
import { workload } from "./istiod-on-vault";
import { MESH_NEEDS } from "./needs";
import { ALL_CLUSTERS, FIRST_CLUSTERS, THIRD_CLUSTER, threeClusters } from "./mesh-settings";

export const thirdCluster: Part = {
  name: "a third cluster, with ECDSA",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "its control plane starts while the others run",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await rig.addCluster(THIRD_CLUSTER);
        deployment.configure(threeClusters);
        await deployment.synth();
      },
    },
    {
      name: "it changes nothing in the plans of cluster1 and cluster2",
      run: async ({ deployment }) => {
        for (const stack of FIRST_CLUSTERS) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "in vault-root it only adds, and only what is its own",
      run: async ({ deployment }) => {
        const changes = await deployment.plannedChanges(VAULT_STACK);
        assert.notEqual(changes.length, 0);
        for (const { address, actions } of changes) {
          assert.deepEqual(actions, ["create"], address);
          assert.ok(address.includes(THIRD_CLUSTER), address);
        }
      },
    },
    {
      name: "it deploys",
      prerequisite: true,
      run: async ({ deployment }) => {
        await deployment.deploy(VAULT_STACK);
        await deployment.deploy(THIRD_CLUSTER);
      },
    },
    {
      name: "a second plan of every stack is empty",
      run: async ({ deployment }) => {
        for (const stack of [VAULT_STACK, ...ALL_CLUSTERS]) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "its workloads and those of cluster1 and cluster2 accept each other",
      run: async ({ rig }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        const [intermediate] = certificates(pluginCaFile(cluster, await readyIstiod(cluster), "ca-cert.pem"));
        assert.equal(intermediate!.publicKey.asymmetricKeyType, "ec");
        const third = await workload(cluster);
        for (const name of FIRST_CLUSTERS) {
          const other = await workload(rig.cluster(name));
          await handshake(third, other);
          await handshake(other, third);
        }
      },
    },
  ],
};
