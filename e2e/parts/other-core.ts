import assert from "node:assert/strict";
import type { Part } from "../checks";
import { CDKTF } from "../core";
import { Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { FIRST_CLUSTERS } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const otherCore: Part = {
  name: "cdktf on the states that cdktn made",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "plans nothing in any stack",
      run: async ({ rig, deployment }) => plansNothing(new Deployment(rig, deployment.directory, CDKTF)),
    },
    {
      name: "deploys, and cdktn after it plans nothing",
      run: async ({ rig, deployment }) => {
        const byCdktf = new Deployment(rig, deployment.directory, CDKTF);
        await byCdktf.deploy(VAULT_STACK);
        await byCdktf.deploy(...FIRST_CLUSTERS);
        await plansNothing(deployment);
      },
    },
  ],
};

async function plansNothing(deployment: Deployment): Promise<void> {
  await deployment.synth();
  for (const stack of [VAULT_STACK, ...FIRST_CLUSTERS]) {
    const { outcome, text } = await deployment.plan(stack);
    assert.equal(outcome, PlanOutcome.EMPTY, text);
  }
}
