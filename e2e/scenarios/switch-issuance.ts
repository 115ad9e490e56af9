import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { approleCredential } from "../approle";
import { VAULT_STACKS } from "../deployment";
import { IdentityOfVault } from "../identity";
import { IntermediateSecret } from "../intermediate-secret";
import { IstioVault } from "../istio-vault";
import { readyIstiod } from "../istiod";
import { privateKeysIn } from "../key-search";
import type { MeshSettings } from "../mesh-file";
import type { Rig } from "../rig";
import { check, part, scenario, step, type World } from "../scenario";
import { vaultCli } from "../vault-cli";
import { waitFor } from "../wait";
import { signWorkload } from "../workload-certificate";
import { certificates } from "../x509";

const CLUSTER = "cluster1";

const clusters = [CLUSTER];
const keyAlgorithm = "ecdsa-p256";
const byTerraform: MeshSettings = {
  clusters,
  sections: { intermediates: { issuance: "terraform", acceptKeysInState: true, keyAlgorithm } },
};
const byAnExternalIssuer: MeshSettings = {
  clusters,
  sections: {
    intermediates: { issuance: "external", keyAlgorithm, validFor: "90d" },
    issuer: { method: "approle" },
  },
};

const byTheDeploy: MeshSettings = {
  clusters,
  sections: { intermediates: { issuance: "deploy", keyAlgorithm } },
};

/** Of the istiod that serves from first to last. */
let istiod: string | undefined;
/** Of the intermediate that Terraform made first. */
let first: string;

/** docs/switch-issuance.md: a mesh changes who issues its intermediates, and back, while requests go on. */
scenario({ clusters }, () => {
  part("from terraform to external", () => {
    step("a mesh of Terraform's issuing serves", async ({ rig, deployment, traffic }) => {
      deployment.configure(byTerraform);
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(CLUSTER);
      istiod = await istiodOf(rig);
      await traffic.start(rig.clusters);
      first = await serialOf(new IntermediateSecret(rig, CLUSTER));
      await signs(rig, first);
    });
    check(
      "the plan destroys nothing in Vault: the secret is forgotten, and what made it leaves the state",
      async ({ deployment }) => {
        copyFileSync(deployment.meshFile, join(deployment.directory, "before.yaml"));
        deployment.configure(byAnExternalIssuer);
        await deployment.synth();
        assert.deepEqual(await deployment.changes(VAULT_STACKS), [
          "create vault_approle_auth_backend_role.Issuer_Role",
          "create vault_auth_backend.Issuer",
          "create vault_generic_endpoint.cluster1_Trust_CertificatesSettings",
          "create vault_policy.cluster1_Trust_IssuerPolicy",
          "delete terraform_data.cluster1_Trust_Intermediate_Issue",
          "delete tls_cert_request.cluster1_Trust_Intermediate_Request",
          "delete tls_private_key.cluster1_Trust_Intermediate_Key",
          "delete vault_pki_secret_backend_root_sign_intermediate.cluster1_Trust_Intermediate",
          "forget vault_kv_secret_v2.cluster1_Trust_Certificates",
        ]);
      },
    );
    step(
      "it deploys with the deployer's policy for both meshes; a second plan is empty",
      async ({ rig, deployment, traffic }) => {
        const deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(join(deployment.directory, "before.yaml"), deployment.meshFile);
        deployment.variables = { VAULT_TOKEN: deployer.token };
        await traffic.unbroken(() => deployment.deploy(VAULT_STACKS));
        deployment.variables = {};
        await deployment.requireEmptyPlan(VAULT_STACKS, CLUSTER);
      },
    );
    check(
      "Vault holds the same version, has revoked nothing, and demands check-and-set from now on",
      async ({ rig }) => {
        const secret = new IntermediateSecret(rig, CLUSTER);
        assert.equal(await secret.version(), 1);
        assert.equal(await serialOf(secret), first);
        const token = rig.vault.rootToken;
        assert.equal((await rig.vault.ask("GET", secret.metadataPath)).data.cas_required, true);
        const revoked = await rig.vault.client.send("LIST", "istio-root-a/certs/revoked", { token });
        assert.equal(revoked.status, 404, "something was revoked");
        const write = { token, content: { data: await secret.files() } };
        const { status, body } = await rig.vault.client.send("POST", secret.dataPath, write);
        assert.equal(status, 400);
        assert.match(`${body.errors}`, /check-and-set parameter required/);
      },
    );
    check(
      "the state holds no private key any more; the backup of it does, and it is the one in Vault",
      async ({ rig, deployment }) => {
        assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACKS)), []);
        const backup = readFileSync(`${deployment.stateFile(`vault-${CLUSTER}`)}.backup`, "utf8");
        const { ca_key } = await new IntermediateSecret(rig, CLUSTER).files();
        assert.ok(privateKeysIn(backup).some((key) => key.trim() === ca_key.trim()));
      },
    );
    step("istio-vault issue --due finds the exposed one due, and replaces it", async (world) => {
      const { rig, deployment, traffic } = world;
      await traffic.unbroken(async () => {
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        const { clusters } = JSON.parse(await issuer.output(["issue", "--due", "-o", "json"])) as {
          clusters: Record<string, unknown>[];
        };
        assert.deepEqual(
          clusters.map(({ result, reason, previousVersion, version }) => [
            result,
            reason,
            previousVersion,
            version,
          ]),
          [["issued", "version 1 was written without an issuer's record", 1, 2]],
        );
        assert.equal(await issuer.output(["issue", "--due", "-o", "short"]), `${CLUSTER} not due\n`);
        await servesBothWays(world);
      });
    });
    check("the exposed key is destroyed in Vault, and the new one stays", async ({ rig }) => {
      const secret = new IntermediateSecret(rig, CLUSTER);
      const [before] = await secret.keys();
      await vaultCli(rig, [
        ...["kv", "destroy", "-mount=kubernetes-cluster1-secrets"],
        ...["-versions=1", "istiod-service/certs"],
      ]);
      const old = `${secret.dataPath}?version=1`;
      const { status } = await rig.vault.client.send("GET", old, { token: rig.vault.rootToken });
      assert.equal(status, 404);
      assert.notEqual((await secret.files()).ca_key, before);
    });
  });
  part("and back", () => {
    check("the plan destroys what the issuer logs in by, and no secret", async ({ deployment }) => {
      deployment.configure(byTerraform);
      await deployment.synth();
      const changes = await deployment.changes(VAULT_STACKS);
      assert.deepEqual(
        changes.filter((change) => change.startsWith("delete")),
        [
          "delete vault_approle_auth_backend_role.Issuer_Role",
          "delete vault_auth_backend.Issuer",
          "delete vault_generic_endpoint.cluster1_Trust_CertificatesSettings",
          "delete vault_policy.cluster1_Trust_IssuerPolicy",
        ],
      );
    });
    step(
      "while Vault demands check-and-set, Terraform's write is refused and the issuer's intermediate stays",
      async ({ rig, deployment, traffic }) => {
        const secret = new IntermediateSecret(rig, CLUSTER);
        const before = await serialOf(secret);
        await traffic.unbroken(async () => {
          const { code, stdout, stderr } = await deployment.tryDeploy([VAULT_STACKS]);
          assert.notEqual(code, 0);
          assert.match(stdout + stderr, /check-and-set parameter required for this call/);
        });
        assert.equal(await serialOf(secret), before);
      },
    );
    step("without that demand it deploys, and a second plan is empty", backToTerraform);
    check("istiod served throughout", async ({ rig }) => assert.equal(await istiodOf(rig), istiod));
    check("the issuer's login is gone with its mount", async ({ rig }) => {
      await assert.rejects(approleCredential(rig));
    });
  });
  part("from terraform to deploy", () => {
    check("the plan destroys nothing in Vault", async ({ deployment }) => {
      copyFileSync(deployment.meshFile, join(deployment.directory, "before.yaml"));
      deployment.configure(byTheDeploy);
      await deployment.synth();
      const changes = await deployment.changes(VAULT_STACKS);
      assert.ok(changes.includes("forget vault_kv_secret_v2.cluster1_Trust_Certificates"));
      const made = /^delete (terraform_data|tls_|vault_pki_secret_backend_root_sign_intermediate)/;
      assert.deepEqual(
        changes.filter((change) => change.startsWith("delete") && !made.test(change)),
        [],
      );
    });
    step("the deploy replaces the intermediate whose key was in the state", async (world) => {
      const { rig, deployment, traffic } = world;
      const secret = new IntermediateSecret(rig, CLUSTER);
      const before = await serialOf(secret);
      const deployer = new IdentityOfVault(rig, "deployer");
      await deployer.allow(join(deployment.directory, "before.yaml"), deployment.meshFile);
      deployment.variables = { VAULT_TOKEN: deployer.token };
      await traffic.unbroken(async () => {
        await deployment.deploy(VAULT_STACKS);
        assert.notEqual(await serialOf(secret), before);
        await servesBothWays(world);
      });
      deployment.variables = {};
      await deployment.requireEmptyPlan(VAULT_STACKS, CLUSTER);
      assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACKS)), []);
    });
  });
  part("from deploy to external, back, and to terraform", () => {
    step("what is in Vault stays, both ways", async ({ rig, deployment, traffic }) => {
      const secret = new IntermediateSecret(rig, CLUSTER);
      const before = await serialOf(secret);
      for (const mesh of [byAnExternalIssuer, byTheDeploy]) {
        deployment.configure(mesh);
        await traffic.unbroken(() => deployment.deploy(VAULT_STACKS));
        assert.equal(await serialOf(secret), before);
      }
      await deployment.requireEmptyPlan(VAULT_STACKS);
    });
    step("to terraform it is as from external", async (world) => {
      world.deployment.configure(byTerraform);
      await backToTerraform(world);
    });
    check("istiod served throughout", async ({ rig }) => assert.equal(await istiodOf(rig), istiod));
  });
});

/** docs/switch-issuance.md, "Back to terraform", step 3. */
async function backToTerraform(world: World): Promise<void> {
  const { rig, deployment, traffic } = world;
  await vaultCli(rig, [
    ...["kv", "metadata", "patch", "-mount=kubernetes-cluster1-secrets"],
    ...["-cas-required=false", "istiod-service/certs"],
  ]);
  await traffic.unbroken(async () => {
    await deployment.deploy(VAULT_STACKS);
    await servesBothWays(world);
  });
  await deployment.requireEmptyPlan(VAULT_STACKS);
}

/** istiod signs with what is in Vault now, and a proxy under it and one under what was before accept each other. */
async function servesBothWays({ rig, traffic }: World): Promise<void> {
  await signs(rig, await serialOf(new IntermediateSecret(rig, CLUSTER)));
  await traffic.restartServer(rig.cluster(CLUSTER));
  await traffic.round();
  const signers = (await traffic.envoys()).map(({ chain }) => certificates(chain)[1]!.serialNumber);
  assert.equal(new Set(signers).size, 2);
}

async function signs(rig: Rig, serial: string): Promise<void> {
  await waitFor(`a leaf of intermediate ${serial}`, 120, async () => {
    const { chain } = await signWorkload(rig.cluster(CLUSTER));
    return certificates(chain)[1]!.serialNumber === serial;
  });
}

async function serialOf(secret: IntermediateSecret): Promise<string> {
  return certificates((await secret.files()).ca_cert)[0]!.serialNumber;
}

async function istiodOf(rig: Rig): Promise<string | undefined> {
  return (await readyIstiod(rig.cluster(CLUSTER))).metadata.uid;
}
