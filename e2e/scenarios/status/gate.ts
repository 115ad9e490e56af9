import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { check, part, step, type World } from "../../scenario";
import { issueExternal, LEAF_SECONDS, Reader, statusMesh } from "./reader";

/** How long a killed istiod holds the lease to publish. */
const LEASE_SECONDS = 40;

/** How long kubelets may take to bring a ConfigMap into pods. */
const KUBELET_SECONDS = 120;

const BOTH = { signing: "a", bundle: ["a", "b"] };
const SIGN_WITH_B = { signing: "b", bundle: ["a", "b"] };
const ONLY_B = { signing: "b", bundle: ["b"] };
type Trust = typeof BOTH;

/** Each step is judged before it is deployed, and taken once it may be: no request fails. */
export function gateOfARotation(): void {
  part("istio-vault status --gate in a rotation", () => {
    step("a client in each cluster is answered by a server in each", ({ rig, traffic }) =>
      traffic.start(rig.clusters),
    );
    check("from a alone: b may be added, and neither sign nor stand alone", async (world) => {
      await mayNow(world, BOTH, "add b in every cluster: now");
      await mayNot(world, SIGN_WITH_B, /\(IV0601, /);
      await mayNot(world, ONLY_B, /\(IV0602, /);
    });
    step("b is added in every cluster", async (world) => {
      await deploys(world, BOTH);
      await mayNow(world, BOTH, "next step: none, the mesh runs as mesh.yaml says");
    });
    step(
      "b may sign once every pod has it to verify istiod with, and a may not be dropped",
      async (world) => {
        await mayAfter(world, SIGN_WITH_B, "sign with b in every cluster", KUBELET_SECONDS);
        await mayNot(world, ONLY_B, /root a signed in cluster1, cluster2,.*\(IV0602, /);
      },
    );
    step(
      "while one cluster still signs with a, a may not be dropped, and the other may follow",
      async (world) => {
        await world.traffic.unbroken(async () => {
          await deployVault(world, SIGN_WITH_B);
          const { code, stdout } = await status(world, SIGN_WITH_B, "--wait", "10s");
          assert.equal(code, 124, stdout);
          await mayNow(world, SIGN_WITH_B, "sign with b in cluster2: now");
          await mayNot(world, ONLY_B, /root a signed in cluster2,.*\(IV0602, /);
        });
      },
    );
    step("with all under b: a may be dropped once the last certificate under it has ended", async (world) => {
      await deploys(world, SIGN_WITH_B);
      await mayAfter(world, ONLY_B, "drop a in every cluster", LEAF_SECONDS + LEASE_SECONDS);
      await deploys(world, ONLY_B);
    });
  });
}

async function status(world: World, trust: Trust, ...options: string[]) {
  return (await Reader.of(world)).status(statusMesh(trust), options);
}

async function deployVault({ deployment }: World, trust: Trust): Promise<void> {
  deployment.configure(statusMesh(trust));
  await deployment.deploy(VAULT_STACKS);
}

async function deploys(world: World, trust: Trust): Promise<void> {
  await world.traffic.unbroken(async () => {
    await deployVault(world, trust);
    await issueExternal(world);
    const { code, stdout } = await status(world, trust, "--fail-on", "warning", "--wait", "4m");
    assert.equal(code, 0, stdout);
    await world.traffic.round();
  });
}

async function mayNow(world: World, trust: Trust, lastLine: string): Promise<void> {
  const { code, stdout } = await status(world, trust, "--gate");
  assert.equal(code, 0, stdout);
  assert.ok(stdout.trimEnd().endsWith(lastLine), stdout);
}

/** Refused until a time at most so far away, and allowed then. */
async function mayAfter(world: World, trust: Trust, step: string, seconds: number): Promise<void> {
  const { code, stdout } = await status(world, trust, "--gate");
  assert.equal(code, 3, stdout);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  const until = Date.parse(last.replace(`next step, ${step}: not before `, ""));
  const wait = (until - Date.now()) / 1000;
  assert.ok(wait > 0 && wait < seconds, `a wait of ${wait} s: ${stdout}`);
  const waited = await status(world, trust, "--gate", "--wait", `${seconds}s`);
  assert.equal(waited.code, 0, waited.stdout);
  assert.ok(Date.now() >= until, "it was allowed too early");
}

async function mayNot(world: World, trust: Trust, why: RegExp): Promise<void> {
  const { code, stdout } = await status(world, trust, "--gate");
  assert.equal(code, 3, stdout);
  assert.match(stdout, why);
  assert.match(stdout, /: not yet\s*$/);
}
