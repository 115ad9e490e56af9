import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { agentFile, readyIstiod } from "../../istiod";
import { KeySearch, privateKeysIn } from "../../key-search";
import { shellBlock } from "../../page-commands";
import { note, part, step } from "../../scenario";
import { AttackedMesh, PAGE, seconds } from "./attacked-mesh";
import { PodTokens } from "./pod-tokens";

export function stolenState(): void {
  part("incidents: the states of Vault's stacks are stolen", () => {
    step(
      "it holds the key that Terraform made, by which a thief is anyone, and none that the deploy made",
      async (world) => {
        const { rig, deployment } = world;
        const state = deployment.state(VAULT_STACKS);
        const keys = privateKeysIn(state);
        const count = await deployment.runCommands(
          shellBlock(PAGE, "state pull"),
          "vault-cluster1",
          rig.terraform,
        );
        assert.equal(Number(count), keys.length);
        const [one, two] = [new IntermediateSecret(rig, "cluster1"), new IntermediateSecret(rig, "cluster2")];
        assert.ok(!new KeySearch([(await two.files()).ca_key]).finds(Buffer.from(state)));
        const files = await one.files();
        const ca_key = keys.find((key) => key.trim() === files.ca_key.trim());
        assert.ok(ca_key);
        await AttackedMesh.it.forges({ ...files, ca_key });
      },
    );
    step(
      "issuance deploy takes the keys out of it, and leaves move; the stolen one stays good",
      async (world) => {
        const { rig, deployment, traffic } = world;
        await traffic.unbroken(async () => {
          await AttackedMesh.it.exchange(rig.cluster("cluster1"), {});
          await traffic.round();
        });
        assert.deepEqual(privateKeysIn(deployment.state(VAULT_STACKS)), []);
        await AttackedMesh.it.acceptsTheThief();
      },
    );
  });
}

export function stolenPod(): void {
  let tokens: PodTokens;
  part("incidents: istiod's pod is broken into", () => {
    step(
      "its tokens open Vault and every Secret of the cluster, and its files make anyone",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const pod = await readyIstiod(cluster);
        tokens = await PodTokens.steal(rig, cluster);
        const file = (name: string) => agentFile(cluster, pod, name);
        await AttackedMesh.it.forges({
          ca_key: await file("ca-key.pem"),
          ca_cert: await file("ca-cert.pem"),
          cert_chain: await file("cert-chain.pem"),
        });
        assert.deepEqual(await tokens.answers(), { login: 200, key: 200, secrets: 200 });
      },
    );
    step(
      "another pod, and no login left: its tokens are worth nothing, and no request fails",
      async ({ rig, traffic }) => {
        const cluster = rig.cluster("cluster2");
        await traffic.unbroken(async () => {
          const started = Date.now();
          await AttackedMesh.it.run("delete pod", cluster);
          assert.deepEqual(await tokens.answers(), { login: 403, key: 403, secrets: 401 });
          note(`its tokens are refused after ${seconds(started)} s`);
          await readyIstiod(cluster);
          note(`istiod is ready after ${seconds(started)} s`);
          await traffic.round();
        });
      },
    );
    step(
      "another intermediate, and leaves under it: no request fails; the stolen key stays good",
      async ({ rig, traffic }) => {
        await traffic.unbroken(async () => {
          await AttackedMesh.it.exchange(rig.cluster("cluster2"), { generation: 2 });
          await traffic.round();
        });
        await AttackedMesh.it.acceptsTheThief();
      },
    );
  });
}
