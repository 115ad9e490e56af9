import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { output } from "../command";
import { VAULT_STACKS } from "../deployment";
import { IntermediateSecret } from "../intermediate-secret";
import type { MeshSettings } from "../mesh-file";
import { FIRST_CLUSTERS, keysInState, twoClusters } from "../meshes";
import { shellBlock } from "../page-commands";
import { check, part, scenario, step, type World } from "../scenario";

const PAGE = "docs/move-states.md";
const OLD = "vault-root";
const PROJECT = resolve(__dirname, "..", "..");

/** A key in the state, and an intermediate that the deploy issued. */
const mesh: MeshSettings = { ...twoClusters, overrides: { cluster1: keysInState } };

/** Then another of these. */
const changed: MeshSettings = {
  ...mesh,
  overrides: { ...mesh.overrides, cluster2: { intermediates: { generation: 2 } } },
};

const withTlsRoot: MeshSettings = {
  ...changed,
  sections: {
    roots: [
      { name: "a", source: "vault-pki" },
      { name: "t", source: "tls-provider", acceptKeysInState: true, keyAlgorithm: "ecdsa-p256" },
    ],
  },
};

scenario({ clusters: FIRST_CLUSTERS }, () => {
  let inVault: string;
  part("one stack of all Vault objects, as earlier versions had it", () => {
    step("it deploys, and the clusters after it", async (world) => {
      const { rig, deployment } = world;
      deployment.configure(mesh);
      await synthesizeOneStack(world);
      const { code, stdout, stderr } = await deployment.apply(OLD, rig.vault.rootToken);
      assert.equal(code, 0, stdout + stderr);
      await deployment.requireEmptyPlan(OLD);
      await deployment.deploy(...FIRST_CLUSTERS);
    });
    step("a client in each cluster is answered by a server in each", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
  });
  part("a deploy before the states are moved", () => {
    step("fails, and changes nothing of what is there", async ({ rig, deployment, traffic }) => {
      inVault = await contents({ rig });
      const state = readFileSync(deployment.stateFile(OLD), "utf8");
      await traffic.unbroken(async () => {
        for (const stacks of [VAULT_STACKS, "vault-cluster1", "vault-cluster2"]) {
          const { code, stdout, stderr } = await deployment.tryDeploy([stacks]);
          assert.notEqual(code, 0, stacks);
          assert.match(
            stdout + stderr,
            /path is already in use at (istio-root-a|kubernetes-cluster[12](-secrets)?)\//,
          );
        }
      });
      assert.equal(await contents({ rig }), inVault);
      assert.equal(readFileSync(deployment.stateFile(OLD), "utf8"), state);
    });
  });
  part("the move", () => {
    step("the page's commands move all of it", async (world) => {
      await world.traffic.unbroken(() => move(world));
      assert.equal(await contents(world), inVault);
      assert.deepEqual(addressesIn(world, OLD), []);
    });
    check("every plan is empty", ({ deployment }) =>
      deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS),
    );
    check("moved once more, nothing moves", async (world) => {
      const before = FIRST_CLUSTERS.map((cluster) => addressesIn(world, `vault-${cluster}`));
      await move(world);
      assert.deepEqual(
        FIRST_CLUSTERS.map((cluster) => addressesIn(world, `vault-${cluster}`)),
        before,
      );
      await world.deployment.requireEmptyPlan(VAULT_STACKS);
    });
    step("a deploy from the moved states changes one cluster alone", async ({ rig, deployment, traffic }) => {
      const version = (cluster: string) => new IntermediateSecret(rig, cluster).version();
      const [first, second] = [await version("cluster1"), await version("cluster2")];
      deployment.configure(changed);
      await traffic.unbroken(() => deployment.deploy(VAULT_STACKS));
      assert.deepEqual([await version("cluster1"), await version("cluster2")], [first, second + 1]);
      await deployment.requireEmptyPlan(VAULT_STACKS, ...FIRST_CLUSTERS);
    });
  });
  part("a root of the tls provider, which needs one stack again", () => {
    step("the page's commands put all states together, and the new root alone is added", async (world) => {
      const { deployment, traffic } = world;
      const addresses = deployment.stacksOf(VAULT_STACKS).flatMap((stack) => addressesIn(world, stack));
      inVault = await contents(world);
      await traffic.unbroken(async () => {
        await run(world, VAULT_STACKS, 'state pull > "taken/');
        deployment.configure(withTlsRoot);
        await run(world, OLD, "state push -force - < taken/");
        assert.deepEqual(addressesIn(world, OLD), addresses.sort());
        const { text } = await deployment.plan(OLD);
        assert.match(text, /Plan: 2 to add, 0 to change, 0 to destroy/);
        await deployment.deploy(VAULT_STACKS);
        await deployment.requireEmptyPlan(OLD, ...FIRST_CLUSTERS);
      });
      assert.equal(await contents(world), inVault);
    });
  });
});

async function synthesizeOneStack({ deployment }: World): Promise<void> {
  const program = join(__dirname, "move-states", "one-stack.ts");
  await output(process.execPath, ["--import", "tsx", program], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, MESH_FILE: deployment.meshFile, CDKTF_OUTDIR: deployment.outputDirectory },
  });
}

const move = (world: World) => run(world, OLD, "left.tfstate");

/** The page's commands that hold a text, on what mesh.yaml is by now. */
async function run({ rig, deployment }: World, stack: string, text: string): Promise<void> {
  await deployment.runCommands(shellBlock(PAGE, text), stack, rig.terraform);
}

function addressesIn({ deployment }: World, stack: string): string[] {
  const { resources } = JSON.parse(deployment.state(stack)) as {
    resources: { mode: string; type: string; name: string }[];
  };
  return resources
    .filter(({ mode }) => mode === "managed")
    .map(({ type, name }) => `${type}.${name}`)
    .sort();
}

/** Every mount, policy, role and intermediate there is. */
async function contents({ rig }: Pick<World, "rig">): Promise<string> {
  const { vault } = rig;
  const paths = ["sys/mounts", "sys/auth"];
  const found: unknown[] = [(await vault.ask("LIST", "sys/policies/acl")).data];
  for (const path of paths) {
    const { data } = await vault.ask("GET", path);
    found.push(Object.entries<{ accessor: string }>(data).map(([mount, { accessor }]) => [mount, accessor]));
  }
  for (const cluster of FIRST_CLUSTERS) {
    found.push((await vault.ask("GET", `auth/kubernetes-${cluster}/role/istiod`)).data);
    found.push(await new IntermediateSecret(rig, cluster).files());
  }
  return JSON.stringify(found);
}
