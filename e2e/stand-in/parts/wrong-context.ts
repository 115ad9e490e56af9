import assert from "node:assert/strict";
import type { Part } from "../checks";
import { PlanOutcome } from "../deployment";
import { renewedMesh } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const CLUSTER = "cluster1";

export const wrongContext: Part = {
  name: "a context the kubeconfig does not have",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the plan says so",
      run: async ({ rig, deployment }) => {
        const kubeconfig = { file: rig.cluster(CLUSTER).controlPlane.kubeconfig, context: "elsewhere" };
        const { overrides } = renewedMesh;
        deployment.configure({
          ...renewedMesh,
          overrides: { ...overrides, [CLUSTER]: { ...overrides?.[CLUSTER], kubeconfig } },
        });
        await deployment.synth();
        const { outcome, text } = await deployment.plan(CLUSTER);
        deployment.configure(renewedMesh);
        await deployment.synth();
        assert.equal(outcome, PlanOutcome.ERROR, text);
        assert.match(text, /context "elsewhere" does not exist/);
      },
    },
  ],
};
