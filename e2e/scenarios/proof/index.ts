import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { ISTIO_NAMESPACE } from "../../istiod";
import { istioSection, type MeshSettings } from "../../mesh-file";
import { FIRST_CLUSTERS } from "../../meshes";
import type { RigVariant } from "../../rig";
import { check, note, part, scenario, step, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { waitFor } from "../../wait";
import { AT_MOST, type Kill, takeStep } from "../rotation/by-command";
import { type Held, Rotation } from "../rotation/rotation";
import { Reader } from "../status/reader";

/** Servers of a cluster, each with a proxy, beside its client. */
const SERVERS = 9;

interface State {
  readonly signing: string;
  readonly bundle: readonly string[];
  readonly leafGeneration: number;
}

const A = { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" };
const B = { ...A, name: "b", commonName: "Root CA b" };

const A_DROPPED: State = { signing: "b", bundle: ["b"], leafGeneration: 2 };
const RENEWED: State = { ...A_DROPPED, leafGeneration: 3 };

const TO_B = ["--to", "b"];

/** Each step is killed, in one moment or another. */
const KILLED: readonly (readonly Kill[])[] = [
  ["has written"],
  ["waits", "deploys"],
  ["deploys"],
  ["has written"],
];

/**
 * docs/rotate-a-root.md by proof: certificates live for a day, and nobody waits for one to expire.
 *
 * @param back whether the mesh is then taken to a again
 */
export function proof(variant: RigVariant = {}, back = false): void {
  scenario({ clusters: FIRST_CLUSTERS, variant }, () => {
    part("the root is rotated by gate alone", () => {
      step("two clusters with two istiods each, and twenty proxies", async (world) => {
        const { rig, deployment, traffic } = world;
        // Root b is made by the first step.
        const before = mesh(world, { signing: "a", bundle: ["a"], leafGeneration: 1 }, [A]);
        deployment.configure(before);
        await deployment.deployAll();
        rotation = await Rotation.of(world);
        for (const cluster of rig.clusters) await istiods(world, cluster.name);
        await traffic.start(rig.clusters);
        for (const cluster of rig.clusters) {
          await cluster.kubectl(`scale deployment server -n ${TRAFFIC_NAMESPACE} --replicas=${SERVERS}`);
          await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server", SERVERS, 240);
        }
        await traffic.round();
        assert.equal((await rotation.held()).length, 2 * (SERVERS + 1));
      });
      check("a root that is not trusted may not sign, and says so at once", async (world) => {
        const { code, stdout } = await gate(world, { signing: "b", bundle: ["a", "b"], leafGeneration: 1 });
        assert.equal(code, 3, stdout);
        assert.match(stdout, /\(IV0601, /);
      });
      way("from a to b until a is to be dropped, killed at each step", TO_B, "b", KILLED, "drop a");
    });
    part("the hole of two istiods", () => {
      step("a is dropped while istiods are seconds apart: proxies go on trusting it", apart);
      step("the last step, killed too, ends that", async (world) => {
        await world.traffic.unbroken(async () => {
          assert.equal(await takeStep(world, TO_B, ["watches"]), undefined);
          await waitFor("every Envoy to trust b alone", 60, async () =>
            (await rotation.held()).every(holds("b")),
          );
        });
        await settled(world, RENEWED);
      });
    });
    if (back) part("the way back", () => way("from b to a", [...TO_B, "--back"], "a", []));
  });
}

let rotation: Rotation;

/** Takes a mesh from root to root by `istio-vault rotate --deploy` alone, and shows that all of it is there. */
function way(
  name: string,
  options: readonly string[],
  root: string,
  kills: readonly (readonly Kill[])[],
  until?: string,
): void {
  step(name, async (world) => {
    const started = Date.now();
    await world.traffic.unbroken(async () => {
      for (let taken = 0, next: string | undefined = ""; next !== undefined && next !== until; taken++) {
        next = await takeStep(world, options, kills[taken]);
        await rotation.names.learn(world.rig);
      }
      await waitFor(`every leaf to be under ${root}`, 60, async () =>
        (await rotation.held()).every((one) => one.root === root),
      );
      await world.traffic.round();
    });
    const seconds = (Date.now() - started) / 1000;
    note(`${seconds.toFixed(0)} s for ${2 * (SERVERS + 1)} proxies`);
    assert.ok(seconds < 900, `${seconds} s`);
  });
}

/** What docs/rotate-a-root.md has one do: the gate, and the deploy. */
async function take(world: World, what: string, state: State): Promise<void> {
  const asked = Date.now();
  const { code, stdout, stderr } = await gate(world, state, "--wait", AT_MOST);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /: now\s*$/);
  note(`${what}: allowed after ${((Date.now() - asked) / 1000).toFixed(0)} s`);
  world.deployment.configure(mesh(world, state));
  await world.deployment.deploy(VAULT_STACKS);
  await rotation.names.learn(world.rig);
}

/**
 * The agent of one istiod is halted until a proxy has been told by the other. Whoever was told, and got its certificate of the
 * one that is behind, trusts a still: whom that happens to is chance, in the other cluster too, whose istiods are apart by what is
 * between their agents.
 */
async function apart(world: World): Promise<void> {
  const { rig, deployment } = world;
  const cluster = rig.cluster("cluster1");
  for (let attempt = 1; ; attempt++) {
    const { code, stdout } = await gate(world, A_DROPPED, "--wait", AT_MOST);
    assert.equal(code, 0, stdout);
    const [behind] = await istiods(world, cluster.name);
    deployment.configure(mesh(world, A_DROPPED));
    const release = await cluster.pause(behind!, "vault-agent");
    try {
      await deployment.deploy(VAULT_STACKS);
      await waitFor("a proxy to be told", 60, async () =>
        (await rotation.held()).some((one) => one.cluster === cluster.name && one.bundle === "b"),
      );
    } finally {
      await release();
    }
    const told = await (await Reader.of(world)).status(mesh(world, A_DROPPED), ["--wait", AT_MOST]);
    assert.match(told.stdout, /root a was dropped while several istiods run.*\(IV0734, /);
    const left = (await rotation.held()).filter(({ bundle }) => bundle === "a+b");
    note(`attempt ${attempt}: ${left.length} of ${2 * (SERVERS + 1)} proxies trust a still`);
    if (left.length > 0) return;
    assert.ok(attempt < 4, "no proxy got its certificate of the istiod that was behind");
    await take(world, "trust a again", { ...A_DROPPED, bundle: ["a", "b"] });
  }
}

const holds = (bundle: string) => (held: Held) => held.bundle === bundle;

async function gate(world: World, state: State, ...options: string[]) {
  return (await Reader.of(world)).status(mesh(world, state), ["--gate", ...options]);
}

/** Nothing is wrong, and every proxy is seen to have the bundle. */
async function settled(world: World, state: State): Promise<void> {
  const options = ["-o", "json", "--wait", AT_MOST];
  const { code, stdout } = await (await Reader.of(world)).status(mesh(world, state), options);
  assert.equal(code, 0, stdout);
  const { clusters } = JSON.parse(stdout) as { clusters: { proxies: object }[] };
  for (const { proxies } of clusters) assert.deepEqual(proxies, { total: SERVERS + 1, current: SERVERS + 1 });
}

function istiods({ rig }: World, cluster: string) {
  return rig.cluster(cluster).readyPods(ISTIO_NAMESPACE, "app=istiod", 2, 240);
}

function mesh(
  { rig }: World,
  { signing, bundle, leafGeneration }: State,
  roots: readonly object[] = [A, B],
): MeshSettings {
  return {
    clusters: FIRST_CLUSTERS,
    sections: {
      istio: istioSection(rig.istio, 2),
      roots,
      intermediates: { issuance: "deploy", generation: 1, keyAlgorithm: A.keyAlgorithm },
      trust: { signing, bundle },
      leafGeneration,
    },
  };
}
