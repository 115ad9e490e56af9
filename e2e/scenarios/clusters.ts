import assert from "node:assert/strict";
import { join } from "node:path";
import type { Cluster } from "../cluster";
import { VAULT_STACKS } from "../deployment";
import { IntermediateSecret } from "../intermediate-secret";
import { readyIstiod } from "../istiod";
import { ALL_CLUSTERS, FIRST_CLUSTERS, THIRD_CLUSTER, twoClusters } from "../meshes";
import { runCommands, shellBlock } from "../page-commands";
import { check, part, scenario, step, type World } from "../scenario";
import { signWorkload } from "../workload-certificate";
import { status } from "./clusters/mesh-status";
import { give, take } from "./clusters/moved-state";
import { PAGE, RENAMED, renamed } from "./clusters/renamed";
import { twoVaults } from "./clusters/two-vaults";

let old: Cluster;

/** docs/clusters.md, with requests that go on. */
scenario({ clusters: ALL_CLUSTERS }, () => {
  part("a mesh of two clusters", () => {
    step("is deployed", async ({ rig, deployment, traffic }) => {
      deployment.configure(twoClusters);
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(...FIRST_CLUSTERS);
      await traffic.start(FIRST_CLUSTERS.map((name) => rig.cluster(name)));
    });
  });

  part("a third cluster", () => {
    step("is added", async ({ rig, deployment, traffic }) => {
      deployment.configure({ clusters: ALL_CLUSTERS });
      await traffic.unbroken(async () => {
        await deployment.deploy("vault-shared", `vault-${THIRD_CLUSTER}`);
        await deployment.deploy(THIRD_CLUSTER);
        await traffic.start([rig.cluster(THIRD_CLUSTER)]);
        await traffic.round();
      });
    });
  });

  part("cluster2 is called paris", () => {
    step("a deploy before its state is moved fails, and changes nothing", async (world) => {
      const { rig, deployment, traffic } = world;
      const before = await whatItHas(world);
      await traffic.unbroken(async () => {
        deployment.configure(renamed(ALL_CLUSTERS));
        await deployment.synth();
        // cdktf does not always print the end of what Terraform says.
        const { code, stdout, stderr } = await deployment.apply("paris", rig.vault.rootToken);
        assert.notEqual(code, 0);
        const said = plainText(stdout + stderr);
        assert.ok(/namespaces "(vault|istio-system)" already exists/.test(said), said.slice(-2000));
        await traffic.round();
      });
      assert.deepEqual(await whatItHas(world), before);
      deployment.configure({ clusters: ALL_CLUSTERS });
    });
    step("the page's commands move its state, and every plan is empty", async (world) => {
      const { deployment, traffic } = world;
      const before = await whatItHas(world);
      await traffic.unbroken(async () => {
        await take(world.rig, deployment, RENAMED);
        deployment.configure(renamed(ALL_CLUSTERS));
        await give(world.rig, deployment, "paris");
        await deployment.requireEmptyPlan(`vault-${RENAMED}`, "paris");
        await traffic.round();
      });
      assert.deepEqual(await whatItHas(world), before);
    });
    check("istiod signs for the id that stays, and for no other", async ({ rig }) => {
      const cluster = rig.cluster(RENAMED);
      await signWorkload(cluster);
      await assert.rejects(signWorkload(cluster, { clusterName: "paris" }));
      const log = await cluster.log(await readyIstiod(cluster), "discovery");
      assert.match(log, /client claims to be in cluster \\*"paris\\*", but we only know about local cluster/);
    });
    check("istio-vault status knows it by its new name", async ({ rig, deployment }) => {
      const { stdout } = await status(rig, deployment);
      assert.match(stdout, /^paris .* ok .* in step/m);
    });
  });

  part("cluster3 is replaced under its name", () => {
    step("its key is the new one's, whose istiod may log in, and the old one's no more", async (world) => {
      const { rig, deployment, traffic } = world;
      old = rig.cluster(THIRD_CLUSTER);
      const secret = new IntermediateSecret(rig, THIRD_CLUSTER);
      const version = await secret.version();
      const others = FIRST_CLUSTERS.map((name) => rig.cluster(name));
      await traffic.unbroken(async () => {
        await traffic.leave(old);
        for (const other of others)
          await runCommands(rig, other, shellBlock(PAGE, "delete secret istio-remote-secret"), rig.directory);
        await rig.addCluster(THIRD_CLUSTER, join(rig.directory, `${THIRD_CLUSTER}-again`));
        deployment.configure(renamed(ALL_CLUSTERS));
        await deployment.deploy("vault-shared", `vault-${THIRD_CLUSTER}`);
        await deployment.deploy(THIRD_CLUSTER);
        await traffic.start([rig.cluster(THIRD_CLUSTER)]);
        await traffic.round();
      });
      assert.equal(await secret.version(), version);
      const login = async (cluster: Cluster) => {
        const token = await cluster.token({ namespace: "istio-system", serviceAccount: "istiod" });
        return (await rig.vault.client.login(`kubernetes-${THIRD_CLUSTER}`, "istiod", token)).status;
      };
      assert.equal(await login(rig.cluster(THIRD_CLUSTER)), 200);
      assert.equal(await login(old), 403);
      await old.nodes[0]!.lose();
      await deployment.requireEmptyPlan(`vault-${THIRD_CLUSTER}`, THIRD_CLUSTER);
    });
  });

  part("cluster3 is deleted", () => {
    check("with preventDestroy, Terraform refuses", async ({ deployment }) =>
      assert.match(await deployment.destroyPlan(`vault-${THIRD_CLUSTER}`), /Instance cannot be destroyed/),
    );
    step("its stacks are destroyed, and nothing of it is left in Vault", async (world) => {
      const { rig, deployment, traffic } = world;
      await traffic.unbroken(async () => {
        await traffic.leave(rig.cluster(THIRD_CLUSTER));
        for (const name of FIRST_CLUSTERS)
          await runCommands(
            rig,
            rig.cluster(name),
            shellBlock(PAGE, "delete secret istio-remote-secret"),
            rig.directory,
          );
        deployment.configure({ ...renamed(ALL_CLUSTERS), preventDestroy: false });
        await deployment.destroy(THIRD_CLUSTER);
        await deployment.destroy(`vault-${THIRD_CLUSTER}`);
        deployment.configure(renamed(FIRST_CLUSTERS));
        await deployment.synth();
        await deployment.requireEmptyPlan("vault-shared", "cluster1", "paris");
        await traffic.round();
      });
      const held = await Promise.all(
        ["sys/mounts", "sys/auth"].map(async (path) => Object.keys((await rig.vault.ask("GET", path)).data)),
      );
      const { data } = await rig.vault.ask("LIST", "sys/policies/acl");
      assert.doesNotMatch(JSON.stringify([held, data]), new RegExp(THIRD_CLUSTER));
    });
  });

  twoVaults();
});

/** What of cluster2 is to stay: its mounts and logins in Vault, its key, and its istiod. */
async function whatItHas({ rig }: World): Promise<unknown> {
  const { data: secrets } = await rig.vault.ask("GET", "sys/mounts");
  const { data: logins } = await rig.vault.ask("GET", "sys/auth");
  return {
    secrets: Object.entries<{ accessor: string }>(secrets).map(([path, { accessor }]) => [path, accessor]),
    logins: Object.entries<{ accessor: string }>(logins).map(([path, { accessor }]) => [path, accessor]),
    files: await new IntermediateSecret(rig, RENAMED).files(),
    istiod: (await readyIstiod(rig.cluster(RENAMED))).metadata.uid,
  };
}

/** What cdktf prints, without colours and frames, on one line. */
function plainText(text: string): string {
  return text.replace(/\x1B\[\d+m/g, "").replace(/[\s│]+/g, " ");
}
