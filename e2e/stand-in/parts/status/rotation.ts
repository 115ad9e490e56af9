import assert from "node:assert/strict";
import type { Check } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import type { World } from "../../world";
import { issueExternal, LEAF_SECONDS, Looks, statusMesh } from "./status-mesh";

/** How long a killed istiod holds the lease to publish. */
const LEASE_SECONDS = 40;

/** How much later than published a bundle may be answered with: a render interval, and what an agent may lag. */
const ARRIVAL_SECONDS = 10 + 120;

const both = statusMesh({ signing: "a", bundle: ["a", "b"] });
const signWithB = statusMesh({ signing: "b", bundle: ["a", "b"] });
const onlyB = statusMesh({ signing: "b", bundle: ["b"] });

/** Each step is judged before it is deployed, and seen live afterwards. */
export const inRotation: readonly Check[] = [
  {
    name: "from a alone: b may be added, and neither sign nor stand alone",
    run: async (world) => {
      await mayNow(world, both, "add b in every cluster: now");
      await mayNot(world, signWithB, /\(IV0601, /);
      await mayNot(world, onlyB, /\(IV0602, /);
    },
  },
  {
    name: "with b in every bundle: b may sign once every certificate from before has ended, and a may not be dropped",
    run: async (world) => {
      await deploys(world, both);
      await mayNow(world, both, "next step: none, the mesh runs as mesh.yaml says");
      await mayAfter(world, signWithB, "sign with b in every cluster", LEAF_SECONDS + ARRIVAL_SECONDS);
      await mayNot(world, onlyB, /root a signed in cluster1, cluster2,.*\(IV0602, /);
    },
  },
  {
    name: "while one cluster still signs with a, a may not be dropped, and the other may follow",
    run: async (world) => {
      world.deployment.configure(signWithB);
      await world.deployment.deploy(VAULT_STACK);
      const { code, stdout } = await (await Looks.at(world)).run(signWithB, "--wait", "10s");
      assert.equal(code, 124, stdout);
      await mayNow(world, signWithB, "sign with b in cluster2: now");
      await mayNot(world, onlyB, /root a signed in cluster2,.*\(IV0602, /);
    },
  },
  {
    name: "with all under b: a may be dropped once the last certificate under it has ended",
    run: async (world) => {
      await deploys(world, signWithB);
      await mayAfter(world, onlyB, "drop a in every cluster", LEAF_SECONDS + LEASE_SECONDS);
    },
  },
];

async function deploys(world: World, settings: typeof both): Promise<void> {
  world.deployment.configure(settings);
  await world.deployment.deploy(VAULT_STACK);
  await issueExternal(world);
  const { code, stdout } = await (
    await Looks.at(world)
  ).run(settings, "--fail-on", "warning", "--wait", "2m");
  assert.equal(code, 0, stdout);
}

async function mayNow(world: World, settings: typeof both, lastLine: string): Promise<void> {
  const { code, stdout } = await (await Looks.at(world)).run(settings, "--gate");
  assert.equal(code, 0, stdout);
  assert.ok(stdout.trimEnd().endsWith(lastLine), stdout);
}

/** Refused until a time at most so far away, and allowed then. */
async function mayAfter(world: World, settings: typeof both, step: string, seconds: number): Promise<void> {
  const it = await Looks.at(world);
  const { code, stdout } = await it.run(settings, "--gate");
  assert.equal(code, 3, stdout);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  const until = Date.parse(last.replace(`next step, ${step}: not before `, ""));
  const wait = (until - Date.now()) / 1000;
  assert.ok(wait > 0 && wait < seconds, `a wait of ${wait} s: ${stdout}`);
  const waited = await it.run(settings, "--gate", "--wait", "5m");
  assert.equal(waited.code, 0, waited.stdout);
  assert.ok(Date.now() >= until, "it was allowed too early");
}

async function mayNot(world: World, settings: typeof both, why: RegExp): Promise<void> {
  const { code, stdout } = await (await Looks.at(world)).run(settings, "--gate");
  assert.equal(code, 3, stdout);
  assert.match(stdout, why);
  assert.match(stdout, /: not yet\s*$/);
}
