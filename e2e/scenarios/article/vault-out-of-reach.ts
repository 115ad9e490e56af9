import assert from "node:assert/strict";
import { PlanOutcome, VAULT_STACKS } from "../../deployment";
import { deletePod, istiodPods, readyIstiod } from "../../istiod";
import { check, part, step } from "../../scenario";
import { delay, waitFor } from "../../wait";
import { signWorkload } from "../../workload-certificate";

export function vaultOutOfReach(): void {
  part("Vault sealed, stopped, refusing", () => {
    step("with Vault sealed a running istiod signs on, and a plan says what is wrong", async (world) => {
      const { rig, deployment, traffic } = world;
      await traffic.unbroken(async () => {
        await rig.vault.seal();
        await signWorkload(rig.cluster("cluster1"));
        const { outcome, text } = await deployment.plan(VAULT_STACKS);
        assert.equal(outcome, PlanOutcome.ERROR);
        assert.match(text, /Vault is sealed/);
      });
    });
    step(
      "a new istiod waits without a CA, workloads talk on, and it starts once Vault is unsealed",
      async (world) => {
        const { rig, traffic } = world;
        const cluster = rig.cluster("cluster1");
        await traffic.unbroken(async () => {
          await deletePod(cluster, await readyIstiod(cluster));
          const waiting = await waitFor("a new istiod pod", 30, async () => {
            return (await istiodPods(cluster)).find(({ status }) => status.podIP !== undefined);
          });
          await delay(5);
          const [now] = await istiodPods(cluster);
          assert.equal(now!.status.phase, "Pending", "istiod started without its CA");
          await rig.vault.unseal();
          const started = await readyIstiod(cluster);
          assert.equal(started.metadata.uid, waiting.metadata.uid);
        });
      },
    );
    check("with Vault stopped a plan says what is wrong", async ({ rig, deployment }) => {
      await rig.vault.stop();
      const { outcome, text } = await deployment.plan(VAULT_STACKS);
      await rig.vault.restart();
      assert.equal(outcome, PlanOutcome.ERROR);
      assert.match(text, /connection refused/);
    });
    check("with a token that has no rights a plan says what is wrong", async ({ rig, deployment }) => {
      const { auth } = await rig.vault.ask("POST", "auth/token/create", { policies: ["default"] });
      const { outcome, text } = await deployment.plan(VAULT_STACKS, auth!.client_token);
      assert.equal(outcome, PlanOutcome.ERROR);
      assert.match(text, /permission denied/);
    });
    check("afterwards the plan is empty again", ({ deployment }) =>
      deployment.requireEmptyPlan(VAULT_STACKS),
    );
  });
}
