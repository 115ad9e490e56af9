import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { Serving } from "../../serving";
import { vaultCli } from "../../vault-cli";
import { MESH_NEEDS } from "../needs";
import { byTerraform, CLUSTER } from "./meshes";
import { serialOf, withoutHash } from "./to-external";

const serials: string[] = [];
let serving: Serving;

export const toTerraform: Part = {
  name: "and back",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the plan destroys what the issuer logs in by, and no secret",
      run: async ({ rig, deployment }) => {
        serving = await Serving.start(rig.cluster(CLUSTER));
        serials.push(await serialOf(new IntermediateSecret(rig, CLUSTER)));
        await serving.signedBy(serials[0]!);
        deployment.configure(byTerraform);
        await deployment.synth();
        const changes = await deployment.plannedChanges(VAULT_STACK);
        assert.deepEqual(
          changes
            .map(({ address, actions }) => `${actions.join("+")} ${withoutHash(address)}`)
            .filter((change) => change.startsWith("delete"))
            .sort(),
          [
            "delete vault_approle_auth_backend_role.Issuer_Role",
            "delete vault_auth_backend.Issuer",
            "delete vault_generic_endpoint.cluster1_Trust_CertificatesSettings",
            "delete vault_policy.cluster1_Trust_IssuerPolicy",
          ],
        );
      },
    },
    {
      name: "while Vault demands check-and-set, Terraform's write is refused and the issuer's intermediate stays",
      run: async ({ rig, deployment }) => {
        const { code, stdout, stderr } = await deployment.tryDeploy([VAULT_STACK]);
        assert.notEqual(code, 0);
        assert.match(stdout + stderr, /check-and-set parameter required for this call/);
        assert.equal(await serialOf(new IntermediateSecret(rig, CLUSTER)), serials[0]);
      },
    },
    {
      name: "without that demand it deploys, and a second plan is empty",
      run: async ({ rig, deployment }) => {
        await vaultCli(rig, [
          ...["kv", "metadata", "patch", "-mount=kubernetes-cluster1-secrets"],
          ...["-cas-required=false", "istiod-service/certs"],
        ]);
        await deployment.deploy(VAULT_STACK);
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
        const serial = await serialOf(new IntermediateSecret(rig, CLUSTER));
        await serving.signedBy(serial);
        serials.push(serial);
      },
    },
    {
      name: "istiod served throughout; workloads from before and after accept each other",
      run: async () => {
        await serving.requireSamePod();
        await serving.end(serials);
      },
    },
    {
      name: "the issuer's login is gone with its mount",
      run: async ({ rig }) => {
        await assert.rejects(approleCredential(rig));
      },
    },
  ],
};
