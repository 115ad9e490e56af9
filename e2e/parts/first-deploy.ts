import assert from "node:assert/strict";
import type { Check, Part } from "../checks";
import { PlanOutcome, VAULT_STACK } from "../deployment";
import { FIRST_CLUSTERS, twoClusters } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const twoControlPlanesStart: Check = {
  name: "Vault and two control planes start",
  prerequisite: true,
  run: async ({ rig, deployment }) => {
    await Promise.all(FIRST_CLUSTERS.map((name) => rig.addCluster(name)));
    deployment.configure(twoClusters);
  },
};

export const firstDeploy: Part = {
  name: "first deploy",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    twoControlPlanesStart,
    {
      name: "vault-root deploys",
      prerequisite: true,
      run: async ({ deployment }) => deployment.deploy(VAULT_STACK),
    },
    {
      name: "both clusters deploy, with no credential of Vault's in their environment",
      prerequisite: true,
      run: async ({ deployment }) => deployment.deploy(...FIRST_CLUSTERS),
    },
    ...[VAULT_STACK, ...FIRST_CLUSTERS].map(secondPlanIsEmpty),
  ],
};

function secondPlanIsEmpty(stack: string): Check {
  return {
    name: `a second plan of ${stack} is empty`,
    run: async ({ deployment }) => {
      const { outcome, text } = await deployment.plan(stack);
      assert.equal(outcome, PlanOutcome.EMPTY, text);
    },
  };
}
