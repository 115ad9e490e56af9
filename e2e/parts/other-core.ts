import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Part } from "../checks";
import { CDKTF } from "../core";
import { Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { FIRST_CLUSTERS } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const STACKS = [VAULT_STACK, ...FIRST_CLUSTERS];

export const otherCore: Part = {
  name: "cdktf on the states that cdktn made",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "plans nothing in any stack",
      run: async ({ rig, deployment }) => {
        const byCdktf = new Deployment(rig, deployment.directory, CDKTF);
        await byCdktf.synth();
        for (const stack of STACKS) {
          const { outcome, text } = await byCdktf.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "deploys, and leaves every resource in the states as it was",
      run: async ({ rig, deployment }) => {
        const byCdktf = new Deployment(rig, deployment.directory, CDKTF);
        const before = STACKS.map((stack) => resourcesOf(deployment, stack));
        await byCdktf.deploy(VAULT_STACK);
        await byCdktf.deploy(...FIRST_CLUSTERS);
        STACKS.forEach((stack, index) => {
          // Not by deepEqual, whose message would show them, keys and all.
          assert.ok(isDeepStrictEqual(resourcesOf(deployment, stack), before[index]), `${stack} changed`);
        });
      },
    },
  ],
};

/** What a state holds of each resource; which of it is sensitive, Terraform lists in another order each time. */
function resourcesOf(deployment: Deployment, stack: string): unknown {
  const { resources } = JSON.parse(deployment.state(stack)) as { resources: StateResource[] };
  return resources.map(({ type, name, instances }) => ({
    address: `${type}.${name}`,
    attributes: instances.map(({ attributes }) => attributes),
  }));
}

interface StateResource {
  readonly type: string;
  readonly name: string;
  readonly instances: readonly { readonly attributes: object }[];
}
