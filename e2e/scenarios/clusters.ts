import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../cluster";
import { Deployment, VAULT_STACKS } from "../deployment";
import { IntermediateSecret } from "../intermediate-secret";
import { IstioVault } from "../istio-vault";
import { readyIstiod } from "../istiod";
import type { MeshSettings } from "../mesh-file";
import { ALL_CLUSTERS, FIRST_CLUSTERS, THIRD_CLUSTER, twoClusters } from "../meshes";
import { runCommands, shellBlock } from "../page-commands";
import type { Rig } from "../rig";
import { check, note, part, scenario, step, type World } from "../scenario";
import { waitFor } from "../wait";
import { signWorkload } from "../workload-certificate";

const PAGE = "docs/clusters.md";
const RENAMED = "cluster2";
const PARIS = { name: "paris", nameInVault: RENAMED, clusterId: RENAMED };

/** cluster2 is called paris. */
const renamed = (clusters: readonly string[]): MeshSettings => ({
  clusters,
  overrides: { [RENAMED]: PARIS },
});

/** The other Vault, and the program for it. */
let second: { readonly rig: Rig; readonly deployment: Deployment };
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

  part("paris moves to another Vault", () => {
    step("the other Vault gets a root and an intermediate, and both meshes trust it", async (world) => {
      const { rig, deployment, traffic } = world;
      const other = await rig.withVault(8300);
      second = { rig: other, deployment: new Deployment(other, join(rig.directory, "second")) };
      await traffic.unbroken(async () => {
        await readRoot(rig, "a", second.deployment);
        second.deployment.configure(ofSecond());
        await second.deployment.deploy(VAULT_STACKS);
        await readRoot(other, "b", deployment);
        deployment.configure(ofFirst(deployment, FIRST_CLUSTERS));
        await deployment.deploy(VAULT_STACKS);
        await timed(() =>
          waitFor("every proxy to have both roots", 240, async () => {
            const { code, stdout } = await status(rig, deployment);
            if (code === 0) return true;
            throw new Error(stdout);
          }),
        );
        await traffic.round();
      });
    });
    step("its state moves, it signs under the other root, and its proxies renew there", async (world) => {
      const { rig, deployment, traffic } = world;
      const root = new X509Certificate(readFileSync(join(deployment.directory, "clusters", "b.pem")));
      await traffic.unbroken(async () => {
        await take(rig, deployment, "paris");
        await give(second.rig, second.deployment, "paris", deployment.directory);
        await second.deployment.deploy("paris");
        await timed(() =>
          waitFor("every proxy of paris to have a certificate under root b", 240, async () => {
            const envoys = await traffic.envoys();
            return envoys
              .filter(({ cluster }) => cluster === RENAMED)
              .every(({ chain }) => intermediateIn(chain).checkIssued(root));
          }),
        );
        await traffic.round();
        await second.deployment.requireEmptyPlan(VAULT_STACKS, "paris");
      });
    });
    step("what it had in the first Vault is destroyed", async ({ deployment, traffic }) => {
      await traffic.unbroken(async () => {
        deployment.configure({ ...ofFirst(deployment, FIRST_CLUSTERS), preventDestroy: false });
        await deployment.destroy(`vault-${RENAMED}`);
        deployment.configure(ofFirst(deployment, ["cluster1"]));
        await deployment.synth();
        await deployment.requireEmptyPlan(VAULT_STACKS, "cluster1");
        await traffic.round();
      });
    });
  });
});

/** The first mesh, which trusts root b as well. */
function ofFirst({ directory }: Deployment, clusters: readonly string[]): MeshSettings {
  const certificateFile = join(directory, "clusters", "b.pem");
  return {
    ...renamed(clusters),
    sections: {
      roots: [
        { name: "a", source: "vault-pki" },
        { name: "b", source: "offline", certificateFile },
      ],
      trust: { signing: "a", bundle: ["a", "b"] },
    },
  };
}

/** paris under root b; a generation more, so that its proxies renew at once. */
function ofSecond(): MeshSettings {
  const certificateFile = join(second.deployment.directory, "clusters", "a.pem");
  return {
    ...renamed([RENAMED]),
    sections: {
      roots: [
        { name: "b", source: "vault-pki" },
        { name: "a", source: "offline", certificateFile },
      ],
      trust: { signing: "b", bundle: ["a", "b"] },
      leafGeneration: 2,
    },
  };
}

async function readRoot(rig: Rig, root: string, { directory }: Deployment): Promise<void> {
  mkdirSync(join(directory, "clusters"), { recursive: true });
  await runCommands(rig, rig.cluster("cluster1"), shellBlock(PAGE, `clusters/${root}.pem`), directory);
}

/** The page's commands that take a stack's state away. */
function take(rig: Rig, deployment: Deployment, stack: string): Promise<string> {
  return moveState(rig, deployment, shellBlock(PAGE, "state pull").replaceAll("cluster3", stack), stack);
}

/** And those that put it where it belongs. */
function give(rig: Rig, deployment: Deployment, stack: string, from = deployment.directory): Promise<string> {
  const commands = shellBlock(PAGE, "state push -force").replaceAll("../../../taken", `${from}/taken`);
  return moveState(rig, deployment, commands, stack);
}

async function moveState(rig: Rig, deployment: Deployment, commands: string, stack: string): Promise<string> {
  await deployment.synth();
  return deployment.runCommands(commands.replace("npx cdktf synth", "true"), stack, rig.terraform);
}

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

function status(rig: Rig, deployment: Deployment) {
  const command = new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
  return command.run(["status", "--service-account", "default/default"]);
}

/** What cdktf prints, without colours and frames, on one line. */
function plainText(text: string): string {
  return text.replace(/\x1B\[\d+m/g, "").replace(/[\s│]+/g, " ");
}

function intermediateIn(chain: string): X509Certificate {
  return new X509Certificate(chain.split(/(?=-----BEGIN)/)[1]!);
}

async function timed(action: () => Promise<unknown>): Promise<void> {
  const started = Date.now();
  await action();
  note(`after ${((Date.now() - started) / 1000).toFixed(0)} s`);
}
