import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { approleCredential, approleToken } from "../../approle";
import { VAULT_STACKS } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { IntermediateSecret } from "../../intermediate-secret";
import { note, part, step, type World } from "../../scenario";
import { vaultCli } from "../../vault-cli";
import { AttackedMesh, seconds } from "./attacked-mesh";

/** Serial numbers of the CAs that a thief had signed. */
const signed: string[] = [];

export function stolenTokens(): void {
  part("incidents: a token of Vault's is stolen", () => {
    step(
      "the issuer's has a CA signed for the thief, until its logins and secret ids are revoked",
      async (world) => {
        const { rig, traffic } = world;
        const { VAULT_ROLE_ID: role_id, VAULT_SECRET_ID: secret_id } = await approleCredential(rig);
        const token = await approleToken(rig);
        signed.push(await AttackedMesh.it.signsForThief(token, rig.cluster("cluster1")));
        const started = Date.now();
        await traffic.unbroken(async () => {
          await AttackedMesh.it.run("secret-id-accessor/destroy");
          await isWorthNothing(world, token);
          const again = await rig.vault.client.send("POST", "auth/istio-issuer/login", {
            content: { role_id, secret_id },
          });
          assert.equal(again.status, 400);
          note(`refused after ${seconds(started)} s`);
          const old = await Promise.all(rig.clusters.map((cluster) => AttackedMesh.it.signerOf(cluster)));
          await AttackedMesh.it.rotation.issue("--all");
          for (const [index, cluster] of rig.clusters.entries())
            await AttackedMesh.it.signsWithAnother(cluster, old[index]!);
          note(`every cluster signs with another intermediate after ${seconds(started)} s`);
          await traffic.round();
        });
        await AttackedMesh.it.acceptsTheThief();
      },
    );
    step(
      "the deployer's has a CA signed, and lets cluster1's istiod log in as cluster2's; a plan shows that, and a deploy ends it",
      async (world) => {
        const { rig, deployment, traffic } = world;
        const deployer = new IdentityOfVault(rig, "deployer");
        await deployer.allow(deployment.meshFile);
        const { token } = deployer;
        const [one, two] = [rig.cluster("cluster1"), rig.cluster("cluster2")];
        signed.push(await AttackedMesh.it.signsForThief(token, two));
        await traffic.unbroken(async () => {
          await rig.vault.client.require("POST", "auth/kubernetes-cluster2/config", {
            token,
            content: { kubernetes_host: one.address, kubernetes_ca_cert: readFileSync(one.caFile, "utf8") },
          });
          const jwt = await one.token({ namespace: "istio-system", serviceAccount: "istiod" });
          const { status, body } = await rig.vault.client.login("kubernetes-cluster2", "istiod", jwt);
          assert.equal(status, 200);
          const stolen = body.auth!.client_token;
          const path = new IntermediateSecret(rig, two.name).dataPath;
          assert.equal((await rig.vault.client.send("GET", path, { token: stolen })).status, 200);

          const started = Date.now();
          const { data } = await rig.vault.ask("POST", "auth/token/lookup", { token });
          const shown = await AttackedMesh.it.run("auth/token/accessors");
          assert.ok(shown.includes(`${data.accessor}\t`), shown);
          await vaultCli(rig, ["token", "revoke", "-accessor", data.accessor]);
          await isWorthNothing(world, token);
          assert.deepEqual(await deployment.changes(VAULT_STACKS), [
            "update vault_kubernetes_auth_backend_config.cluster2_Auth_Config",
          ]);
          await AttackedMesh.it.deployAgain();
          for (const cluster of rig.clusters)
            await AttackedMesh.it.run("# and of every other cluster", cluster);
          await isWorthNothing(world, stolen);
          assert.equal((await rig.vault.client.login("kubernetes-cluster2", "istiod", jwt)).status, 403);
          note(`put back after ${seconds(started)} s`);
          await traffic.round();
        });
      },
    );
    step(
      "the root token leaves a token and a login behind, which the page's commands show",
      async (world) => {
        const { rig, traffic } = world;
        const token = await create(world, []);
        signed.push(await AttackedMesh.it.signsForThief(token, rig.cluster("cluster1")));
        await traffic.unbroken(async () => {
          const left = await create(world, ["-orphan", "-period=24h"], token);
          await rig.vault.client.require("POST", "sys/auth/left-behind", {
            token,
            content: { type: "userpass" },
          });
          await vaultCli(rig, ["token", "revoke", token]);
          await isWorthNothing(world, token);
          const { data } = await rig.vault.ask("POST", "auth/token/lookup", { token: left });
          const shown = await AttackedMesh.it.run("auth/token/accessors");
          assert.match(shown, new RegExp(`^${data.accessor}\tauth/token/create(-orphan)?\troot\t`, "m"));
          await vaultCli(rig, ["token", "revoke", "-accessor", data.accessor]);
          await isWorthNothing(world, left);
          assert.match(await AttackedMesh.it.run("vault auth list"), /^left-behind\/ /m);
          await vaultCli(rig, ["auth", "disable", "left-behind"]);
          await traffic.round();
        });
      },
    );
    step("each CA that a thief had signed is among those that Vault lists", async () => {
      const shown = await AttackedMesh.it.run("istio-root-a/certs");
      for (const serial of signed)
        assert.ok(shown.includes(`serial=${serial.replaceAll(":", "").toUpperCase()}`), shown);
      await AttackedMesh.it.acceptsTheThief();
    });
  });
}

async function create({ rig }: World, options: readonly string[], by = rig.vault.rootToken): Promise<string> {
  const { auth } = await rig.vault.client.require(
    "POST",
    options.includes("-orphan") ? "auth/token/create-orphan" : "auth/token/create",
    { token: by, content: { policies: ["root"] } },
  );
  return auth!.client_token;
}

async function isWorthNothing({ rig }: World, token: string): Promise<void> {
  const { status } = await rig.vault.client.send("GET", "auth/token/lookup-self", { token });
  assert.equal(status, 403);
}
