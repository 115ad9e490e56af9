import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import type { Cluster } from "../../cluster";
import { output } from "../../command";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { pluginCaFile, readyIstiod } from "../../istiod";
import { shellBlock } from "../../page-commands";
import type { Rig } from "../../rig";
import { RootNames } from "../../rotation/root-names";
import { Rotation } from "../../rotation/rotation";
import { nameOf } from "../../rotation/workloads";
import { delay, waitFor } from "../../wait";
import { publishedRoots } from "../../workload-certificate";
import type { World } from "../../world";
import { clustersOf } from "../external/mesh";
import { MESH_NEEDS } from "../needs";
import { CLUSTERS, rotationMesh, type TrustState, trustState } from "./mesh";

const PAGE = "docs/incidents.md";

/** An agent whose login is worth nothing any more tries again, ever more seldom. */
const AGENT_SECONDS = 300;

const names = new RootNames();
let rotation: Rotation;
let istiods: readonly string[];

export const restoredVault: Part = {
  name: "incidents: Vault is restored to an older state",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "b is trusted and all intermediates are new, when a snapshot from before is brought back: istiods go back as well",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        await begin(world);
        await rig.vault.snapshot();
        const before = await intermediates(rig);
        await issueAll(world);
        deployment.configure(rotationMesh(trustState("a:ab", "a:ab")));
        await deployment.deploy(VAULT_STACK);
        await everyCluster("trusts a+b", ({ bundle }) => bundle === "a+b");
        await rotation.moment("before", { signers: underA, bundles: ["a+b"] });
        await rig.vault.restore();
        assert.deepEqual(await intermediates(rig), before);
        await everyCluster("trusts a alone", ({ bundle }) => bundle === "a");
        await rotation.moment("restored", { signers: underA, bundles: ["a", "a+b"] });
      },
    },
    {
      name: "istio-vault status sees it, and Terraform does not",
      run: async ({ rig, deployment }) => {
        const command = new IstioVault(rig, deployment, { VAULT_TOKEN: rig.vault.rootToken });
        const { code, stdout } = await command.run(["status", "--service-account", "default/default"]);
        assert.equal(code, 3, stdout);
        assert.match(stdout, /cluster1, cluster2: Vault holds the bundle a, but mesh.yaml says a, b; /);
        const { outcome, text } = await deployment.plan(VAULT_STACK);
        assert.equal(outcome, PlanOutcome.EMPTY, text);
      },
    },
    {
      name: "told to, Terraform writes the bundles again, and every intermediate is issued anew",
      run: async (world) => {
        const replaced = await world.deployment.replace(VAULT_STACK, (address) =>
          /TrustBundle/.test(address),
        );
        assert.equal(replaced.length, CLUSTERS.length, replaced.join());
        await issueAll(world);
        await everyCluster("trusts a+b", ({ bundle }) => bundle === "a+b");
        await rotation.moment("written again", { signers: underA, bundles: ["a+b"] });
        await nobodyWasRefused(world);
      },
    },
  ],
};

export const lostVault: Part = {
  name: "incidents: Vault is lost",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the root's certificate and each cluster's files are saved, and what runs goes on without Vault",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        deployment.configure(rotationMesh(trustState("a:a", "a:a")));
        await deployment.deploy(VAULT_STACK);
        await begin(world);
        await everyCluster("trusts a alone", ({ bundle }) => bundle === "a");
        for (const cluster of clustersOf(rig)) await save(cluster);
        await rig.vault.replace();
        deployment.forget(VAULT_STACK);
        await delay(20);
        await rotation.moment("with an empty Vault", { signers: underA, bundles: ["a"] });
      },
    },
    {
      name: "a new Vault gets the saved files and a new root's certificate; istiods take up the longer bundle",
      prerequisite: true,
      run: async (world) => {
        await configure(world, trustState("a:ac", "a:ac"));
        for (const cluster of clustersOf(world.rig)) await putBack(world.rig, cluster);
        const started = Date.now();
        await everyCluster("trusts a+c", ({ bundle }) => bundle === "a+c");
        console.log(`         after ${((Date.now() - started) / 1000).toFixed(0)} s`);
        await rotation.moment("in the new Vault", { signers: underA, bundles: ["a+c"] });
      },
    },
    {
      name: "c signs, and a is dropped",
      prerequisite: true,
      run: async (world) => {
        await rotation.settled("no workload is left that trusts a alone", ({ bundle }) => bundle === "a");
        await configure(world, trustState("c:ac", "c:ac"));
        await issueAll(world);
        await everyCluster("signs with c", ({ root }) => root === "c");
        await rotation.moment("c signs", { signers: underC, bundles: ["a+c"] });
        await rotation.settled("no certificate under a is left", ({ root }) => root === "a");
        await configure(world, trustState("c:c", "c:c"));
        await everyCluster("trusts c alone", ({ bundle }) => bundle === "c");
        await rotation.moment("c alone", { signers: underC, bundles: ["c"] });
        await nobodyWasRefused(world);
      },
    },
  ],
};

const underA = CLUSTERS.map((cluster) => nameOf({ cluster, root: "a" }));
const underC = CLUSTERS.map((cluster) => nameOf({ cluster, root: "c" }));

/** Workloads that ask for certificates from here on. */
async function begin(world: World): Promise<void> {
  await names.learn(world.rig);
  istiods = await istiodPods(world.rig);
  rotation = new Rotation(world, clustersOf(world.rig), names);
  rotation.workloads.start();
  await everyCluster("has a workload", () => true);
}

async function nobodyWasRefused({ rig }: World): Promise<void> {
  await rotation.workloads.stop();
  const { requests, refusals } = rotation.workloads;
  assert.deepEqual(refusals, []);
  assert.deepEqual(await istiodPods(rig), istiods);
  console.log(
    `         ${rotation.handshakes} handshakes, 0 failed; ${requests} certificates asked for, 0 refused`,
  );
}

async function istiodPods(rig: Rig): Promise<string[]> {
  const pods = await Promise.all(clustersOf(rig).map((cluster) => readyIstiod(cluster)));
  return pods.map(({ metadata }) => metadata.uid);
}

function everyCluster(
  what: string,
  is: (workload: { root: string; bundle: string }) => boolean,
): Promise<unknown> {
  return waitFor(`each cluster ${what}`, AGENT_SECONDS, async () =>
    CLUSTERS.every((name) => {
      const latest = rotation.workloads.latest(name);
      return latest !== undefined && is(latest);
    }),
  );
}

async function issueAll({ rig, deployment }: World): Promise<void> {
  await new IstioVault(rig, deployment, await approleCredential(rig)).output(["issue", "--all"]);
}

/** Each cluster's intermediate in Vault. */
async function intermediates(rig: Rig): Promise<readonly string[]> {
  const files = await Promise.all(CLUSTERS.map((name) => new IntermediateSecret(rig, name).files()));
  return files.map(({ ca_cert }) => ca_cert);
}

/** mesh.yaml with a as a certificate alone, and c in Vault; deployed. */
async function configure({ rig, deployment }: World, trust: TrustState): Promise<void> {
  const a = {
    name: "a",
    source: "offline",
    certificateFile: join(saved(rig.cluster("cluster1")), "root.pem"),
  };
  deployment.configure(rotationMesh(trust, [a, "c"]));
  await deployment.deploy(VAULT_STACK);
  await names.learn(rig);
}

function saved(cluster: Cluster): string {
  return join(cluster.directory, "saved");
}

/** What the page has kubectl do in the agent's container: here there is no exec, so that its files are read. */
async function save(cluster: Cluster): Promise<void> {
  mkdirSync(saved(cluster), { mode: 0o700 });
  const pod = await readyIstiod(cluster);
  const [, files] = /^ *for file in (.*); do$/m.exec(shellBlock(PAGE, "cat /vault/secrets/"))!;
  for (const name of files!.split(" ")) {
    writeFileSync(join(saved(cluster), `${name}.pem`), pluginCaFile(cluster, pod, `${name}.pem`));
  }
  writeFileSync(join(saved(cluster), "root.pem"), await publishedRoots(cluster, "default"));
}

async function putBack(rig: Rig, cluster: Cluster): Promise<void> {
  const { address, caFile, rootToken } = rig.vault;
  const commands = shellBlock(PAGE, "vault kv put").replaceAll("cluster1", cluster.name);
  await output("bash", ["--norc", "-eu", "-c", commands], {
    cwd: saved(cluster),
    env: {
      PATH: `${dirname(rig.programs.path("vault"))}:${process.env.PATH}`,
      VAULT_ADDR: address,
      VAULT_CACERT: caFile,
      VAULT_TOKEN: rootToken,
    },
  });
}
