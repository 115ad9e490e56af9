import assert from "node:assert/strict";
import { cpSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Deployment, PlanOutcome, VAULT_STACKS } from "../deployment";
import { IdentityOfVault } from "../identity";
import { IntermediateSecret } from "../intermediate-secret";
import { KeySearch, privateKeysIn } from "../key-search";
import type { MeshSettings } from "../mesh-file";
import { keysInState } from "../meshes";
import type { Rig } from "../rig";
import { check, part, scenario, step } from "../scenario";
import { waitFor } from "../wait";
import { VaultThatGoes } from "./deploy-issuance/vault-that-goes";

const CLUSTER = "cluster1";
const OWN_STACK = `vault-${CLUSTER}`;
const SIGN = "istio-root-a/issuer/a/sign-intermediate";
const keyAlgorithm = "ecdsa-p256";

/** Every key that a deploy issued, also those that Vault keeps no version of any more. */
const keys = new Set<string>();
let deployer: IdentityOfVault;

/** Issuance `deploy`, as far as Vault and Terraform go: no cluster of this mesh runs. */
scenario({ clusters: [] }, () => {
  part("from issuance terraform", () => {
    step("the search finds the key in the state of issuance terraform", async ({ rig, deployment }) => {
      deployment.configure(mesh(rig, { ...keysInState.intermediates, keyAlgorithm }));
      await deployment.deploy(VAULT_STACKS);
      const search = new KeySearch(await secretOf(rig).keys());
      assert.ok(search.finds(Buffer.from(deployment.state(VAULT_STACKS))));
    });
    check(
      "the plan destroys nothing in Vault, runs nothing, and signs nothing",
      async ({ rig, deployment }) => {
        deployment.configure(byDeploy(rig, 1));
        await deployment.synth();
        const signed = await certificatesOf(rig);
        assert.deepEqual(await deployment.changes(VAULT_STACKS), [
          "create terraform_data.cluster1_Trust_Issue",
          "create vault_generic_endpoint.cluster1_Trust_CertificatesSettings",
          "create vault_policy.cluster1_Trust_IssuerPolicy",
          "delete terraform_data.cluster1_Trust_Intermediate_Issue",
          "delete tls_cert_request.cluster1_Trust_Intermediate_Request",
          "delete tls_private_key.cluster1_Trust_Intermediate_Key",
          "delete vault_pki_secret_backend_root_sign_intermediate.cluster1_Trust_Intermediate",
          "forget vault_kv_secret_v2.cluster1_Trust_Certificates",
        ]);
        assert.equal(await certificatesOf(rig), signed);
        assert.equal(await secretOf(rig).version(), 1);
      },
    );
    step(
      "one deploy, with the deployer's policy alone, replaces the key that was in the state",
      async (world) => {
        const { rig, deployment } = world;
        deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(deployment.meshFile);
        // Once more for what is destroyed: nothing of that is in Vault.
        deployment.variables = { VAULT_TOKEN: deployer.token, TF_LOG: "trace" };
        await deployment.deploy(VAULT_STACKS);
        await issued(rig, 1, 2);
        assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACKS)), []);
      },
    );
    check("a planner with nothing more than before sees nothing left to do", async ({ rig, deployment }) => {
      const planner = new IdentityOfVault(rig, "planner");
      await planner.allow(deployment.meshFile);
      const { outcome, text } = await deployment.plan(VAULT_STACKS, planner.token);
      assert.equal(outcome, PlanOutcome.EMPTY, text);
    });
  });
  part("renewal", () => {
    check(
      "a raised generation is one resource in the plan, which signs nothing",
      async ({ rig, deployment }) => {
        deployment.configure(byDeploy(rig, 2));
        await deployment.synth();
        const signed = await certificatesOf(rig);
        assert.deepEqual(await deployment.changes(VAULT_STACKS), [
          "delete and create terraform_data.cluster1_Trust_Issue",
        ]);
        assert.equal(await certificatesOf(rig), signed);
      },
    );
    step(
      "its deploy issues one intermediate, and no second one when it is run again",
      async ({ rig, deployment }) => {
        await deployment.deploy(VAULT_STACKS);
        await issued(rig, 2, 3);
        await deployment.requireEmptyPlan(VAULT_STACKS);
        await deployment.replace(VAULT_STACKS, (address) => address.includes("Trust_Issue"));
        await issued(rig, 2, 3);
      },
    );
  });
  part("failures", () => {
    step("killed once the root has signed, it converges when deployed again", async ({ rig, deployment }) => {
      deployment.configure(byDeploy(rig, 3));
      const kill = new AbortController();
      const from = readFileSync(rig.vault.auditLog).length;
      const deploying = deployment.tryDeploy([VAULT_STACKS], kill.signal);
      await waitFor("the signature", 120, () =>
        Promise.resolve(readFileSync(rig.vault.auditLog).subarray(from).includes(`"path":"${SIGN}"`)),
      );
      kill.abort();
      assert.notEqual((await deploying).code, 0);
      await deployment.deploy(VAULT_STACKS);
      await issued(rig, 3);
      await deployment.requireEmptyPlan(VAULT_STACKS);
    });
    step(
      "a write that Vault refuses leaves what was there, says why, and converges",
      async ({ rig, deployment }) => {
        deployment.configure(byDeploy(rig, 4));
        const before = await secretOf(rig).version();
        const policy = (await rig.vault.ask("GET", "sys/policies/acl/istio-deployer")).data.policy as string;
        const write = (text: string) =>
          rig.vault.client.require("POST", "sys/policies/acl/istio-deployer", {
            token: rig.vault.rootToken,
            content: { policy: text },
          });
        const path = `${secretOf(rig).dataPath}`;
        await write(policy.replace(`path "${path}"`, 'path "nowhere"'));
        const said = await failed(deployment);
        assert.ok(
          said.includes(
            `Vault answered 403 on ${path}: permission denied; this login holds policies [istio-deployer]; write the deployer's policy again (docs/permission-denied.md#terraform)`,
          ),
          said,
        );
        assert.equal(await secretOf(rig).version(), before);
        await write(policy);
        await deployment.deploy(VAULT_STACKS);
        await issued(rig, 4, before + 1);
      },
    );
    step(
      "Vault gone once it has signed: what was there stays, the deploy says so, and converges when Vault is back",
      async ({ rig, deployment }) => {
        const before = await secretOf(rig).version();
        const signed = await certificatesOf(rig);
        const vault = await VaultThatGoes.at(rig, SIGN);
        const through = { address: vault.address, caCertificateFile: rig.vault.caFile };
        deployment.configure(byDeploy(rig, 5, { vault: through }));
        const said = await failed(deployment);
        assert.match(said, /failed +Vault at https:/, said);
        await vault.close();
        await rig.vault.restart();
        assert.equal(await certificatesOf(rig), signed + 1);
        assert.equal(await secretOf(rig).version(), before);
        deployment.configure(byDeploy(rig, 5));
        await deployment.deploy(VAULT_STACKS);
        await issued(rig, 5, before + 1);
        await deployment.requireEmptyPlan(VAULT_STACKS);
      },
    );
    step(
      "what istiod would not serve with is not written, and the next deploy is",
      async ({ rig, deployment }) => {
        deployment.configure(byDeploy(rig, 6));
        const before = await secretOf(rig).version();
        const { root_cert } = await secretOf(rig).files();
        const bundle = (pem: string) =>
          rig.vault.client.require("POST", secretOf(rig).bundlePath, {
            token: rig.vault.rootToken,
            content: { data: { root_cert: pem } },
          });
        await bundle(readFileSync(rig.vault.caFile, "utf8"));
        const said = await failed(deployment);
        assert.ok(
          said.includes(
            "refused  not written: istiod would not serve with the certificate that root a signed",
          ),
          said,
        );
        assert.equal(await secretOf(rig).version(), before);
        await bundle(root_cert);
        await deployment.deploy(VAULT_STACKS);
        await issued(rig, 6, before + 1);
      },
    );
    step("of two deploys at once one wins, and both converge", async ({ rig, deployment }) => {
      const other = new Deployment(rig, join(rig.directory, "other"));
      other.variables = deployment.variables;
      for (const stack of deployment.stacksOf(VAULT_STACKS)) {
        cpSync(deployment.stateFile(stack), other.stateFile(stack));
      }
      for (const one of [deployment, other]) one.configure(byDeploy(rig, 7));
      const results = await Promise.all([deployment, other].map((one) => one.tryDeploy([VAULT_STACKS])));
      assert.ok(results.some(({ code }) => code === 0));
      for (const { code, stdout } of results) {
        if (code !== 0)
          assert.match(stdout.replace(/\s+/g, " "), /another issuer replaced version \d+ first/);
      }
      for (const one of [deployment, other]) await one.deploy(VAULT_STACKS);
      await issued(rig, 7);
      for (const one of [deployment, other]) await one.requireEmptyPlan(VAULT_STACKS);
    });
  });
  part("to issuance external, and back", () => {
    step("external takes over what the deploy issued, as it is", async ({ rig, deployment }) => {
      deployment.variables = {};
      const version = await secretOf(rig).version();
      deployment.configure(mesh(rig, { issuance: "external", keyAlgorithm, validFor: "2y" }));
      await deployment.synth();
      assert.deepEqual(await deployment.changes(VAULT_STACKS), [
        "delete terraform_data.cluster1_Trust_Issue",
      ]);
      await deployment.deploy(VAULT_STACKS);
      assert.equal(await secretOf(rig).version(), version);
    });
    step("the deploy takes over what it issued before, as it is", async ({ rig, deployment }) => {
      const version = await secretOf(rig).version();
      deployment.configure(byDeploy(rig, 7));
      await deployment.deploy(VAULT_STACKS);
      await issued(rig, 7, version);
    });
  });
  part("where private keys are", () => {
    check("no state or plan file holds one", async ({ deployment }) => {
      assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACKS)), []);
      const search = new KeySearch([...keys]);
      assert.deepEqual(
        await deployment.withPlanFile(OWN_STACK, (path) => search.filesWithKeys(path, () => false)),
        [],
      );
    });
    check(
      "no file of the run holds one: states, backups, cdktf.out, logs, traces of Terraform, Vault's data and audit log",
      async ({ rig }) => {
        assert.ok(keys.size >= 7);
        const search = new KeySearch([...keys]);
        assert.deepEqual(
          await search.filesWithKeys(rig.directory, (path) => lstatSync(path).isSymbolicLink()),
          [],
        );
      },
    );
  });
  part("destroy", () => {
    step("destroys the secrets with their mount, and runs nothing", async ({ rig, deployment }) => {
      const signed = await certificatesOf(rig);
      deployment.configure({ ...byDeploy(rig, 7), preventDestroy: false });
      await deployment.deploy(VAULT_STACKS);
      assert.equal(await certificatesOf(rig), signed);
      await deployment.destroy(VAULT_STACKS);
    });
  });
});

function mesh({ vault }: Rig, intermediates: object, sections: object = {}): MeshSettings {
  const cluster = {
    name: CLUSTER,
    kubernetesHost: "https://192.0.2.1:6443",
    kubernetesCaCertificateFile: vault.caFile,
    kubeconfig: { context: CLUSTER },
  };
  const root = { name: "a", source: "vault-pki", keyAlgorithm };
  return { clusters: [], root, sections: { intermediates, clusters: [cluster], ...sections } };
}

const byDeploy = (rig: Rig, generation: number, sections: object = {}): MeshSettings =>
  mesh(rig, { issuance: "deploy", keyAlgorithm, generation }, sections);

const secretOf = (rig: Rig): IntermediateSecret => new IntermediateSecret(rig, CLUSTER);

/** Vault holds what was declared, whole, and at this version if one is named. */
async function issued(rig: Rig, generation: number, version?: number): Promise<void> {
  const secret = secretOf(rig);
  const record = await secret.record();
  assert.equal(
    record.declared,
    `generation ${generation} under root a, ecdsa-p256, 17520h, for istiod.istio-system.svc`,
  );
  assert.equal(record.version, `${await secret.version()}`);
  if (version !== undefined) assert.equal(await secret.version(), version);
  // Version 1 is of issuance terraform.
  const { ca_key } = await secret.files();
  keys.add(ca_key);
}

/** How many certificates the root has signed. */
async function certificatesOf({ vault }: Rig): Promise<number> {
  return ((await vault.ask("LIST", "istio-root-a/certs")).data.keys as string[]).length;
}

/** What a deploy said that failed. */
async function failed(deployment: Deployment): Promise<string> {
  const { code, stdout, stderr } = await deployment.tryDeploy([VAULT_STACKS]);
  assert.notEqual(code, 0);
  return stdout + stderr;
}
