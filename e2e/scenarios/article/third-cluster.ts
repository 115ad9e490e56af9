import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { agentFile, readyIstiod } from "../../istiod";
import { ALL_CLUSTERS, FIRST_CLUSTERS, THIRD_CLUSTER, threeClusters } from "../../meshes";
import { check, part, step } from "../../scenario";
import { certificates } from "../../x509";

export function thirdCluster(): void {
  part("a third cluster, with ECDSA", () => {
    step("it starts while the others run", async ({ rig, deployment, traffic }) => {
      await traffic.unbroken(() => rig.addCluster(THIRD_CLUSTER));
      deployment.configure(threeClusters);
      await deployment.synth();
    });
    check("it changes nothing in the plans of cluster1 and cluster2", ({ deployment }) =>
      deployment.requireEmptyPlan(...FIRST_CLUSTERS),
    );
    check("in Vault it only adds, in a stack of its own, and what is its own", async ({ deployment }) => {
      const inVault = deployment.stacksOf(VAULT_STACKS).filter((stack) => !stack.endsWith(THIRD_CLUSTER));
      await deployment.requireEmptyPlan(...inVault);
      const changes = await deployment.plannedChanges(`vault-${THIRD_CLUSTER}`);
      assert.notEqual(changes.length, 0);
      for (const { address, actions } of changes) {
        assert.deepEqual(actions, ["create"], address);
        assert.ok(address.includes(THIRD_CLUSTER), address);
      }
    });
    step("it deploys, and the others serve", ({ deployment, traffic }) =>
      traffic.unbroken(async () => {
        await deployment.deploy(`vault-${THIRD_CLUSTER}`);
        await deployment.deploy(THIRD_CLUSTER);
      }),
    );
    check("a second plan of every stack is empty", ({ deployment }) =>
      deployment.requireEmptyPlan(VAULT_STACKS, ...ALL_CLUSTERS),
    );
    step("its workloads and those of cluster1 and cluster2 accept each other", async ({ rig, traffic }) => {
      const cluster = rig.cluster(THIRD_CLUSTER);
      const pem = await agentFile(cluster, await readyIstiod(cluster), "ca-cert.pem");
      assert.equal(certificates(pem)[0]!.publicKey.asymmetricKeyType, "ec");
      await traffic.start([cluster]);
    });
  });
}
