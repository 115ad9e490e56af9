import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../cluster";
import { PlanOutcome, VAULT_STACKS } from "../deployment";
import { IntermediateSecret } from "../intermediate-secret";
import { IstioVault } from "../istio-vault";
import { readyIstiod } from "../istiod";
import { FIRST_CLUSTERS } from "../meshes";
import { runCommands, shellBlock } from "../page-commands";
import type { Rig } from "../rig";
import { check, note, part, scenario, step, type World } from "../scenario";
import { delay } from "../wait";
import { rotationMesh, type TrustState, trustState } from "./rotation/mesh";
import { type Held, Rotation } from "./rotation/rotation";

const INCIDENTS = "docs/incidents.md";

/** An agent whose login is worth nothing any more tries again, ever more seldom. */
const AGENT_SECONDS = 300;

let rotation: Rotation;
let istiods: readonly (string | undefined)[];

/** docs/incidents.md: what Vault holds is older than the mesh, or gone. */
scenario({ clusters: FIRST_CLUSTERS }, () => {
  part("a mesh under root a, with root b in Vault", () => {
    step("is deployed", async (world) => {
      rotation = new Rotation(world);
      await rotation.deployMesh(rotationMesh(trustState("a:a", "a:a")));
      istiods = await istiodPods(world);
    });
  });
  part("Vault is restored to an older state", () => {
    step(
      "b is trusted and all intermediates are new, when a snapshot from before is brought back: istiods go back as well",
      ({ rig, traffic }) =>
        traffic.unbroken(async () => {
          await rig.vault.snapshot();
          const before = await intermediates(rig);
          await rotation.issue("--all");
          await rotation.deploy(rotationMesh(trustState("a:ab", "a:ab")));
          await everyCluster("trusts a+b", ({ bundle }) => bundle === "a+b");
          await traffic.round();
          await rig.vault.restore();
          assert.deepEqual(await intermediates(rig), before);
          await everyCluster("trusts a alone", ({ bundle }) => bundle === "a");
          await traffic.round();
        }),
    );
    check("istio-vault status sees it, and Terraform does not", async ({ rig, deployment }) => {
      const command = new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
      const { code, stdout } = await command.run(["status", "--service-account", "default/default"]);
      assert.equal(code, 3, stdout);
      assert.match(stdout, /cluster1, cluster2: Vault holds the bundle a, but mesh.yaml says a, b; /);
      const { outcome, text } = await deployment.plan(VAULT_STACKS);
      assert.equal(outcome, PlanOutcome.EMPTY, text);
    });
    step(
      "told to, Terraform writes the bundles again, and every intermediate is issued anew",
      async (world) => {
        await world.traffic.unbroken(async () => {
          const replaced = await world.deployment.replace(VAULT_STACKS, (address) =>
            /TrustBundle/.test(address),
          );
          assert.equal(replaced.length, FIRST_CLUSTERS.length, replaced.join());
          await rotation.issue("--all");
          await everyCluster("trusts a+b", ({ bundle }) => bundle === "a+b");
          await world.traffic.round();
        });
        assert.deepEqual(await istiodPods(world), istiods);
      },
    );
  });
  part("Vault is lost", () => {
    step(
      "the root's certificate and each cluster's files are saved, and what runs goes on without Vault",
      ({ rig, deployment, traffic }) =>
        traffic.unbroken(async () => {
          await rotation.deploy(rotationMesh(trustState("a:a", "a:a")));
          await everyCluster("trusts a alone", ({ bundle }) => bundle === "a");
          for (const cluster of rig.clusters) await save(rig, cluster);
          await rig.vault.replace();
          deployment.forget(VAULT_STACKS);
          await delay(20);
          await traffic.round();
        }),
    );
    step(
      "a new Vault gets the saved files and a new root's certificate; istiods take up the longer bundle",
      (world) =>
        world.traffic.unbroken(async () => {
          await deploy(world, trustState("a:ac", "a:ac"));
          for (const cluster of world.rig.clusters) await putBack(world.rig, cluster);
          const started = Date.now();
          await everyCluster("trusts a+c", ({ bundle }) => bundle === "a+c");
          note(`after ${((Date.now() - started) / 1000).toFixed(0)} s`);
          await world.traffic.round();
        }),
    );
    step("c signs, and a is dropped", async (world) => {
      await world.traffic.unbroken(async () => {
        await rotation.settled("no Envoy is left that trusts a alone", ({ bundle }) => bundle === "a");
        await deploy(world, trustState("c:ac", "c:ac"));
        await rotation.issue("--all");
        await everyCluster("signs with c", ({ root }) => root === "c");
        await rotation.settled("no certificate under a is left", ({ root }) => root === "a");
        await deploy(world, trustState("c:c", "c:c"));
        await everyCluster("trusts c alone", ({ bundle }) => bundle === "c");
        await world.traffic.round();
      });
      assert.deepEqual(await istiodPods(world), istiods);
    });
  });
});

function everyCluster(what: string, is: (held: Held) => boolean): Promise<void> {
  return rotation.everyCluster(what, is, AGENT_SECONDS);
}

async function istiodPods({ rig }: World): Promise<readonly (string | undefined)[]> {
  const pods = await Promise.all(rig.clusters.map((cluster) => readyIstiod(cluster)));
  return pods.map(({ metadata }) => metadata.uid);
}

/** Each cluster's intermediate in Vault. */
async function intermediates(rig: Rig): Promise<readonly string[]> {
  const files = await Promise.all(FIRST_CLUSTERS.map((name) => new IntermediateSecret(rig, name).files()));
  return files.map(({ ca_cert }) => ca_cert);
}

/** mesh.yaml with a as a certificate alone, and c in Vault; deployed. */
async function deploy({ rig }: World, trust: TrustState): Promise<void> {
  const certificateFile = join(saved(rig.cluster("cluster1")), "clusters", "old-root.pem");
  await rotation.deploy(rotationMesh(trust, [{ name: "a", source: "offline", certificateFile }, "c"]));
}

function saved(cluster: Cluster): string {
  return join(cluster.directory, "saved");
}

async function save(rig: Rig, cluster: Cluster): Promise<void> {
  const directory = saved(cluster);
  mkdirSync(join(directory, "clusters"), { recursive: true, mode: 0o700 });
  const blocks = [
    shellBlock("docs/migrate.md", "get configmap"),
    shellBlock(INCIDENTS, "cat /vault/secrets/"),
  ];
  for (const block of blocks)
    await runCommands(rig, cluster, block.replaceAll("cluster1", cluster.name), directory);
}

async function putBack(rig: Rig, cluster: Cluster): Promise<void> {
  const commands = shellBlock(INCIDENTS, "vault kv put").replaceAll("cluster1", cluster.name);
  await runCommands(rig, cluster, commands, saved(cluster));
}
