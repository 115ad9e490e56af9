import assert from "node:assert/strict";
import { PlanOutcome, VAULT_STACKS } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { FIRST_CLUSTERS } from "../../meshes";
import { check, part, step } from "../../scenario";
import { withGateways, writeEgressCertificate } from "./settings";

export function gatewaysDeploy(): void {
  part("a mesh with gateways", () => {
    step(
      "Vault's stacks deploy by their deployer's policy alone, and somebody else writes the egress certificate",
      async (world) => {
        const { rig, deployment } = world;
        deployment.configure(withGateways(rig));
        const deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(deployment.meshFile);
        deployment.variables = { VAULT_TOKEN: deployer.token };
        await deployment.deploy(VAULT_STACKS);
        await writeEgressCertificate(rig);
      },
    );
    step("both clusters deploy, with no credential of Vault's in their environment", async (world) => {
      await world.deployment.deploy(...FIRST_CLUSTERS);
      await world.traffic.start(world.rig.clusters);
    });
    check(
      "a second plan of Vault's stacks is empty, by their planner's policy alone",
      async ({ rig, deployment }) => {
        const planner = new IdentityOfVault(rig, "planner");
        await planner.allow(deployment.meshFile);
        const { outcome, text } = await deployment.plan(VAULT_STACKS, planner.token);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    );
    check("a second plan of both clusters is empty", ({ deployment }) =>
      deployment.requireEmptyPlan(...FIRST_CLUSTERS),
    );
  });
}
