import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { privateKeysIn } from "../../key-search";
import { Serving } from "../../serving";
import { vaultCli } from "../../vault-cli";
import { certificates } from "../../x509";
import { MESH_NEEDS } from "../needs";
import { byAnExternalIssuer, byTerraform, CLUSTER } from "./meshes";

const serials: string[] = [];
let serving: Serving;

export const toExternal: Part = {
  name: "from terraform to external",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "a mesh of Terraform's issuing serves",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const cluster = await rig.addCluster(CLUSTER);
        deployment.configure(byTerraform);
        await deployment.deploy(VAULT_STACK);
        await deployment.deploy(CLUSTER);
        serving = await Serving.start(cluster);
        const serial = await serialOf(new IntermediateSecret(rig, CLUSTER));
        await serving.signedBy(serial);
        serials.push(serial);
      },
    },
    {
      name: "the plan destroys nothing in Vault: the secret is forgotten, and what made it leaves the state",
      run: async ({ deployment }) => {
        copyFileSync(deployment.meshFile, join(deployment.directory, "before.yaml"));
        deployment.configure(byAnExternalIssuer);
        await deployment.synth();
        const changes = await deployment.plannedChanges(VAULT_STACK);
        assert.deepEqual(
          changes.map(({ address, actions }) => `${actions.join("+")} ${withoutHash(address)}`).sort(),
          [
            "create vault_approle_auth_backend_role.Issuer_Role",
            "create vault_auth_backend.Issuer",
            "create vault_generic_endpoint.cluster1_Trust_CertificatesSettings",
            "create vault_policy.cluster1_Trust_IssuerPolicy",
            "delete terraform_data.cluster1_Trust_Intermediate_Issue",
            "delete tls_cert_request.cluster1_Trust_Intermediate_Request",
            "delete tls_private_key.cluster1_Trust_Intermediate_Key",
            "delete vault_pki_secret_backend_root_sign_intermediate.cluster1_Trust_Intermediate",
            "forget vault_kv_secret_v2.cluster1_Trust_Certificates",
          ],
        );
      },
    },
    {
      name: "it deploys with the deployer's policy for both meshes; a second plan is empty",
      run: async ({ rig, deployment }) => {
        const deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(join(deployment.directory, "before.yaml"), deployment.meshFile);
        deployment.variables = { VAULT_TOKEN: deployer.token };
        await deployment.deploy(VAULT_STACK);
        deployment.variables = {};
        for (const stack of [VAULT_STACK, CLUSTER]) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "Vault holds the same version, has revoked nothing, and demands check-and-set from now on",
      run: async ({ rig }) => {
        const secret = new IntermediateSecret(rig, CLUSTER);
        assert.equal(await secret.version(), 1);
        assert.equal(await serialOf(secret), serials[0]);
        const token = rig.vault.rootToken;
        const { data: metadata } = await rig.vault.client.require("GET", secret.metadataPath, { token });
        assert.equal(metadata.cas_required, true);
        const revoked = await rig.vault.client.send("LIST", "istio-root-a/certs/revoked", { token });
        assert.equal(revoked.status, 404, "something was revoked");
        const write = { token, content: { data: await secret.files() } };
        const { status, body } = await rig.vault.client.send("POST", secret.dataPath, write);
        assert.equal(status, 400);
        assert.match(`${body.errors}`, /check-and-set parameter required/);
      },
    },
    {
      name: "the state holds no private key any more; the backup of it does, and it is the one in Vault",
      run: async ({ rig, deployment }) => {
        assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACK)), []);
        const backup = readFileSync(`${deployment.stateFile(VAULT_STACK)}.backup`, "utf8");
        const { ca_key } = await new IntermediateSecret(rig, CLUSTER).files();
        assert.ok(privateKeysIn(backup).some((key) => key.trim() === ca_key.trim()));
      },
    },
    {
      name: "istio-vault issue --due finds the exposed one due, and replaces it",
      run: async ({ rig, deployment }) => {
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        const { clusters } = JSON.parse(await issuer.output(["issue", "--due", "-o", "json"]));
        assert.deepEqual(
          clusters.map(({ result, reason, previousVersion, version }: Record<string, unknown>) => [
            result,
            reason,
            previousVersion,
            version,
          ]),
          [["issued", "version 1 was written without an issuer's record", 1, 2]],
        );
        assert.equal(await issuer.output(["issue", "--due", "-o", "short"]), `${CLUSTER} not due\n`);
        const { serial } = await new IntermediateSecret(rig, CLUSTER).record();
        await serving.signedBy(serial!);
        serials.push(serial!);
      },
    },
    {
      name: "the exposed key is destroyed in Vault, and the new one stays",
      run: async ({ rig }) => {
        const secret = new IntermediateSecret(rig, CLUSTER);
        const [before] = await secret.keys();
        await vaultCli(rig, [
          ...["kv", "destroy", "-mount=kubernetes-cluster1-secrets"],
          ...["-versions=1", "istiod-service/certs"],
        ]);
        const old = `${secret.dataPath}?version=1`;
        const { status } = await rig.vault.client.send("GET", old, { token: rig.vault.rootToken });
        assert.equal(status, 404);
        const { ca_key } = await secret.files();
        assert.notEqual(ca_key, before);
      },
    },
    {
      name: "istiod served throughout; workloads from before and after accept each other",
      run: async () => {
        await serving.requireSamePod();
        await serving.end(serials);
      },
    },
  ],
};

/** Serial of the intermediate in Vault, as istiod's answers have it. */
export async function serialOf(secret: IntermediateSecret): Promise<string> {
  const { ca_cert } = await secret.files();
  return certificates(ca_cert)[0]!.serialNumber.toLowerCase();
}

export function withoutHash(address: string): string {
  return address.replace(/_[0-9A-F]{8}$/, "");
}
