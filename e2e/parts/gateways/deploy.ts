import assert from "node:assert/strict";
import type { Check, Part } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { readyIstiod } from "../../istiod";
import { GATEWAY_NEEDS } from "../needs";
import { CLUSTERS, withGateways, writeEgressCertificate } from "./settings";

export const gatewaysDeploy: Part = {
  name: "a mesh with gateways",
  needs: GATEWAY_NEEDS,
  foundation: true,
  checks: [
    {
      name: "vault-root deploys, and the egress gateway's certificate is written by somebody else",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
        deployment.configure(withGateways);
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
    ...[VAULT_STACK, ...CLUSTERS].map((stack): Check => ({
      name: `a second plan of ${stack} is empty`,
      run: async ({ deployment }) => {
        const { outcome, text } = await deployment.plan(stack);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    })),
  ],
};
