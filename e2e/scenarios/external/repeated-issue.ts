import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { issue } from "../../../cli/issue/issuer";
import { targetOf } from "../../../cli/vault/target";
import { connect } from "../../../cli/vault/connect";
import { loadMesh } from "../../../config/load-mesh";
import { approleCredential, approleToken } from "../../approle";
import { check, part } from "../../scenario";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { delay } from "../../wait";
import type { World } from "../../scenario";

/** Moments in a run's life, from its start to after its end. */
const KILL_SECONDS = [0.4, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 2];

export function repeatedIssue(): void {
  part("issuing again, at once, and interrupted", () => {
    check("--due issues nothing that is not due", async (world) => {
      const before = await versions(world);
      const { clusters } = JSON.parse(await (await issuer(world)).output(["issue", "--due", "-o", "json"]));
      assert.deepEqual(
        clusters.map(({ result, reason }: Record<string, string>) => [result, reason]),
        [
          ["not due", "0 of 90 days used"],
          ["not due", "0 of 90 days used"],
        ],
      );
      assert.deepEqual(await versions(world), before);
    });
    check("--due --dry-run needs the right to read metadata, and no other", async (world) => {
      const token = await tokenFor(world, [new IntermediateSecret(world.rig, "cluster1").metadataPath]);
      const planner = new IstioVault(world.rig, world.deployment, { VAULT_TOKEN: token });
      const due = ["issue", "--due", "--expires-in", "2159h", "--cluster", "cluster1", "-o", "short"];
      assert.equal(await planner.output([...due, "--dry-run"]), "cluster1 not due\n");
      assert.equal(await planner.output([...due, "--dry-run", "--expires-in", "2160h"]), "cluster1 due\n");
      const { code, stdout } = await planner.run(["issue", "--cluster", "cluster1"]);
      assert.equal(code, 1);
      assert.match(stdout, /Vault answered 403 on .*trust-bundle: permission denied/);
      assert.match(stdout, /this login holds policies \[default, .*\]; it needs "istio-issuer-cluster1"/);
    });
    check("four issuers at once: one wins, the others say so, and the secret is whole", async (world) => {
      const secret = new IntermediateSecret(world.rig, "cluster1");
      const before = await secret.version();
      const mesh = loadMesh(world.deployment.meshFile);
      const target = targetOf(mesh, mesh.clusters[0]!);
      const options = { when: "always" as const, dryRun: false, now: new Date() };
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map(async () => {
          const vault = connect(mesh.vault, {}).withToken(await approleToken(world.rig));
          return issue(vault, target, options);
        }),
      );
      const results = outcomes.map(({ result }) => result).sort();
      assert.deepEqual(results, ["issued", "overtaken", "overtaken", "overtaken"]);
      const [winner] = outcomes.filter(({ result }) => result === "issued");
      assert.equal(winner!.issued!.version, before + 1);
      assert.equal((await secret.record()).serial, winner!.issued!.serial);
      await isWhole(secret);
    });
    check(
      `killed at ${KILL_SECONDS.length} moments, it leaves the old intermediate or the new one; the next --due mends its record`,
      async (world) => {
        const secret = new IntermediateSecret(world.rig, "cluster1");
        const command = await issuer(world);
        for (const seconds of KILL_SECONDS) {
          const before = await secret.version();
          const abort = new AbortController();
          const run = command.run(["issue", "--cluster", "cluster1"], abort.signal);
          await delay(seconds);
          abort.abort();
          await run;
          assert.ok([before, before + 1].includes(await secret.version()));
          await isWhole(secret);
        }
        await command.output(["issue", "--due", "--cluster", "cluster1"]);
        assert.equal((await secret.record()).version, `${await secret.version()}`);
        assert.equal(
          await command.output(["issue", "--due", "-o", "short"]),
          "cluster1 not due\ncluster2 not due\n",
        );
      },
    );
    check(
      "a bundle in Vault that lacks the root that signs: refused, and the old intermediate stays",
      async (world) => {
        const { rig } = world;
        const secret = new IntermediateSecret(rig, "cluster2");
        const before = await secret.version();
        const { root_cert } = await secret.files();
        const write = (text: string) =>
          rig.vault.client.require("POST", secret.bundlePath, {
            token: rig.vault.rootToken,
            content: { data: { root_cert: text } },
          });
        await write(rig.vault.caCertificate);
        const { code, stdout } = await (await issuer(world)).run(["issue", "--cluster", "cluster2"]);
        await write(root_cert);
        assert.equal(code, 3, stdout);
        assert.match(stdout, /cluster2 {2}refused {2}not written: istiod would not serve/);
        assert.equal(await secret.version(), before);
      },
    );
  });
}

async function issuer({ rig, deployment }: World): Promise<IstioVault> {
  return new IstioVault(rig, deployment, await approleCredential(rig));
}

function versions({ rig }: World): Promise<number[]> {
  return Promise.all(["cluster1", "cluster2"].map((name) => new IntermediateSecret(rig, name).version()));
}

/** A token that may read these paths. */
async function tokenFor({ rig }: World, paths: readonly string[]): Promise<string> {
  const { client, rootToken: token } = rig.vault;
  const policy = paths.map((path) => `path "${path}" { capabilities = ["read"] }`).join("\n");
  await client.require("PUT", "sys/policies/acl/metadata-reader", { token, content: { policy } });
  const content = { policies: ["metadata-reader"], ttl: "10m" };
  return (await client.require("POST", "auth/token/create", { token, content })).auth!.client_token;
}

/** Key, certificate and chain belong together. */
async function isWhole(secret: IntermediateSecret): Promise<void> {
  const { ca_key, ca_cert, cert_chain } = await secret.files();
  assert.ok(new X509Certificate(ca_cert).checkPrivateKey(createPrivateKey(ca_key)));
  assert.ok(cert_chain.startsWith(ca_cert.trim()));
}
