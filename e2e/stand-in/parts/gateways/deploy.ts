import assert from "node:assert/strict";
import type { Check, Part } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { readyIstiod } from "../../istiod";
import { GATEWAY_NEEDS } from "../needs";
import { CLUSTERS, withGateways, writeEgressCertificate } from "./settings";

export const gatewaysDeploy: Part = {
  name: "a mesh with gateways",
  needs: GATEWAY_NEEDS,
  foundation: true,
  checks: [
    {
      name: "vault-root deploys by its deployer's policy alone, and somebody else writes the egress certificate",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
        deployment.configure(withGateways(rig));
        const deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(deployment.meshFile);
        deployment.variables = { VAULT_TOKEN: deployer.token };
        await deployment.deploy(VAULT_STACK);
        await writeEgressCertificate(rig);
      },
    },
    {
      name: "both clusters deploy, with no credential of Vault's in their environment",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await deployment.deploy(...CLUSTERS);
        for (const cluster of rig.clusters) await readyIstiod(cluster);
      },
    },
    {
      name: "a second plan of vault-root is empty, by its planner's policy alone",
      run: async ({ rig, deployment }) => {
        const planner = new IdentityOfVault(rig, "planner");
        await planner.allow(deployment.meshFile);
        const { outcome, text } = await deployment.plan(VAULT_STACK, planner.token);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    },
    ...CLUSTERS.map((stack): Check => ({
      name: `a second plan of ${stack} is empty`,
      run: async ({ deployment }) => {
        const { outcome, text } = await deployment.plan(stack);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    })),
  ],
};
