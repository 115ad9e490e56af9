import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Part } from "../checks";
import { PlanOutcome, VAULT_STACK } from "../deployment";
import { deletePod, istiodPods, readyIstiod } from "../istiod";
import { containerLog } from "../node/container-process";
import { delay, waitFor } from "../../wait";
import { signWorkload } from "../workload-certificate";
import { MESH_NEEDS } from "./needs";

export const vaultOutOfReach: Part = {
  name: "Vault sealed, stopped, refusing",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "with Vault sealed a running istiod signs on, and a plan says what is wrong",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await rig.vault.seal();
        await signWorkload(rig.cluster("cluster1"), "default", "default");
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.ERROR);
        assert.match(text, /Vault is sealed/);
      },
    },
    {
      name: "a new istiod waits without a CA, and starts once Vault is unsealed",
      prerequisite: true,
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        await deletePod(cluster, await readyIstiod(cluster));
        const waiting = await waitFor("a new istiod pod", 30, async () => {
          return (await istiodPods(cluster)).find(({ status }) => status.podIP !== undefined);
        });
        await delay(5);
        const discoveryLog = containerLog(cluster.node.podDirectory(waiting), "discovery");
        assert.ok(!existsSync(discoveryLog), "istiod started without its CA");
        await rig.vault.unseal();
        const started = await readyIstiod(cluster, 120);
        assert.equal(started.metadata.uid, waiting.metadata.uid);
      },
    },
    {
      name: "with Vault stopped a plan says what is wrong",
      run: async ({ rig, deployment }) => {
        await rig.vault.stop();
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        await rig.vault.restart();
        assert.equal(outcome, PlanOutcome.ERROR);
        assert.match(text, /connection refused/);
      },
    },
    {
      name: "with a token that has no rights a plan says what is wrong",
      run: async ({ rig, deployment }) => {
        const content = { policies: ["default"] };
        const { auth } = await rig.vault.client.require("POST", "auth/token/create", {
          token: rig.vault.rootToken,
          content,
        });
        const { outcome, text } = await deployment.plan(VAULT_STACK, auth!.client_token);
        assert.equal(outcome, PlanOutcome.ERROR);
        assert.match(text, /permission denied/);
      },
    },
    {
      name: "afterwards the plan is empty again",
      run: async ({ deployment }) => {
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    },
  ],
};
