import assert from "node:assert/strict";
import { type Shortcut, shortcuts } from "../../../__tests__/support/trust-shortcuts";
import { loadMesh } from "../../../config/load-mesh";
import { MeshFileError } from "../../../config/mesh-file-error";
import { trustFindings } from "../../../config/trust-transition";
import { KeyAlgorithm } from "../../../lib";
import type { Cluster } from "../../cluster";
import { PlanOutcome, VAULT_STACKS } from "../../deployment";
import { deletePod, readyIstiod } from "../../istiod";
import { check, note, part, step, type World } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { waitFor } from "../../wait";
import { certificates } from "../../x509";
import { trustMesh, trustState } from "../rotation/mesh";
import { Rotation, type Signed } from "../rotation/rotation";
import { AGENT_SECONDS, ForcedTrust } from "./forced-trust";

const NOT_TAKEN = "Updating new ROOT-CA not supported";
const BETWEEN_CLUSTERS = /^from cluster1, .* to cluster2|^from cluster2, .* to cluster1/;

let rotation: Rotation;
let forced: ForcedTrust;

/**
 * What docs/rotate-a-root.md says must not be done. Certificates live for a day here: proxies ask for new ones when their
 * bundle changes, or when they are told to, and else keep them.
 */
export function forbiddenShortcuts(): void {
  part("every shortcut, forced past the checks", () => {
    step("who refuses it: synth by mesh.yaml alone, review by the commit before", async (world) => {
      rotation = await Rotation.of(world);
      forced = new ForcedTrust(world.rig, rotation.names);
      await forced.root("c");
      await forced.root("b-again");
      for (const shortcut of shortcuts) {
        const refused = whoRefuses(world, shortcut);
        const { name, synth, review } = shortcut;
        note(`${name}: synth ${synth.join(", ") || "-"}; review ${review.join(", ") || "-"}`);
        assert.deepEqual(refused, { synth, review }, name);
      }
    });
    check("Terraform refuses to make another root in place of one", async ({ deployment }) => {
      const other = { name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p384" };
      deployment.configure(trustMesh(trustState("a:a", "a:a"), [other, "b"]));
      await deployment.synth();
      const { outcome, text } = await deployment.plan(VAULT_STACKS);
      assert.equal(outcome, PlanOutcome.ERROR);
      assert.match(text, /Instance cannot be destroyed/);
    });
    breaks(
      ["b signs while a proxy has missed the bundle"],
      async (one, two) => {
        await restartServer(two, { pushed: false });
        for (const { name } of [one, two]) await forced.bundle(name, ["a", "b"]);
        await trusts(one, "a+b");
        await waitFor("one proxy alone to trust a alone", 60, async () => {
          return (await rotation.held()).filter(({ bundle }) => bundle === "a").length === 1;
        });
        await forced.signer(one.name, "b");
        await signs(one, "b");
        await forced.renewLeaves(one.name);
      },
      async (one, two) => {
        await restartServer(two, { pushed: true });
        await trusts(two, "a+b");
        await forced.signer(one.name, "a");
        await signs(one, "a");
        await forced.renewLeaves(one.name);
        await rotation.settled("no certificate under b is left", ({ root }) => root === "b");
        for (const cluster of [one, two]) {
          await forced.bundle(cluster.name, ["a"]);
          await trusts(cluster, "a");
        }
      },
    );
    breaks(
      [
        "cluster1 signs with b before cluster2 trusts b",
        "b is added to every bundle, and signs in the same change",
      ],
      async (one) => {
        await forced.bundle(one.name, ["a", "b"]);
        await trusts(one, "a+b");
        await forced.signer(one.name, "b");
        await signs(one, "b");
        await forced.renewLeaves(one.name);
      },
      async (one, two) => {
        await forced.bundle(two.name, ["a", "b"]);
        await trusts(two, "a+b");
        await forced.signer(one.name, "a");
        await signs(one, "a");
        await forced.renewLeaves(one.name);
        await rotation.settled("no certificate under b is left", ({ root }) => root === "b");
      },
    );
    step(
      "a bundle whose order changed, or with a root in its middle: before 1.30 istiod keeps the old one, and takes no intermediate",
      ({ rig, traffic }) =>
        traffic.unbroken(async () => {
          const minor = Number(rig.istio.version.split(".")[1]);
          const reordered: [Cluster, string[]][] = [
            [rig.cluster("cluster1"), ["b", "a"]],
            [rig.cluster("cluster2"), ["a", "c", "b"]],
          ];
          for (const [cluster, roots] of reordered)
            await (minor < 30 ? stopsRenewals(cluster, roots) : takesAnyOrder(cluster, roots));
        }),
    );
    breaks(
      [
        "a is dropped while cluster2 signs with it",
        "cluster2 changes over to b, and a is dropped in the same change",
      ],
      async (one, two) => {
        await forced.signer(one.name, "b");
        await signs(one, "b");
        await forced.renewLeaves(one.name);
        await rotation.settled(
          "cluster1 is under b",
          ({ cluster, root }) => cluster === one.name && root === "a",
        );
        for (const { name } of [one, two]) await forced.bundle(name, ["b"]);
        await trusts(one, "b");
      },
      async (one, two) => {
        assert.deepEqual((await rotation.signedNow(two)).bundle, "a+b");
        for (const cluster of [one, two]) {
          await forced.bundle(cluster.name, ["a", "b"]);
          await trusts(cluster, "a+b");
        }
      },
    );
    breaks(
      ["a is dropped while certificates under a are in use"],
      async (one, two) => {
        await forced.signer(two.name, "b");
        await signs(two, "b");
        for (const { cluster, root } of await rotation.held())
          if (cluster === two.name) assert.equal(root, "a");
        await forced.bundle(one.name, ["b"]);
        await trusts(one, "b");
      },
      async (_, two) => {
        await forced.renewLeaves(two.name);
        await rotation.settled("no certificate under a is left", ({ root }) => root === "a");
        await forced.bundle(two.name, ["b"]);
        await trusts(two, "b");
      },
    );
    for (const [name, root] of [
      ["cluster1", "a"],
      ["cluster2", "b-again"],
    ] as const) {
      breaks(
        ["a is replaced by b in one change", "a is another root under the same name"],
        (one, two) => replaced(name === one.name ? one : two, root),
        async (one, two) => {
          // The way out: each trusts what the other has, at the end of its own.
          for (const cluster of [one, two]) {
            const roots = cluster.name === name ? [root, "b"] : ["b", root];
            await forced.bundle(cluster.name, roots);
            await trusts(cluster, roots.join("+"));
          }
          await forced.signer(name, "b");
          await signs(name === one.name ? one : two, "b");
          await forced.renewLeaves(name);
          await rotation.settled(`no certificate under ${root} is left`, (held) => held.root === root);
          for (const cluster of [one, two]) {
            await forced.bundle(cluster.name, ["b"]);
            await trusts(cluster, "b");
          }
        },
        { name, root },
      );
    }
  });
}

/**
 * What is forced makes requests between the clusters fail, and none within them, until it is mended; where the root of one
 * is replaced, within it as well.
 */
function breaks(
  which: readonly string[],
  force: (one: Cluster, two: Cluster) => Promise<unknown>,
  mend: (one: Cluster, two: Cluster) => Promise<unknown>,
  exchanged?: { readonly name: string; readonly root: string },
): void {
  assert.deepEqual(
    which.filter((name) => shortcuts.some((shortcut) => shortcut.name === name)),
    which,
  );
  const where = exchanged ? ` (of ${exchanged.name}, ${exchanged.root})` : "";
  step(`fails: ${which.join("; ")}${where}`, async ({ rig, traffic }) => {
    const clusters = [rig.cluster("cluster1"), rig.cluster("cluster2")] as const;
    const { requests, failures } = await traffic.during(async () => {
      await force(...clusters);
      await traffic.failing().catch(async (error: unknown) => {
        note(`meanwhile ${JSON.stringify(await rotation.held())}`);
        throw error;
      });
      await mend(...clusters);
      await traffic.healed();
    });
    note(`${requests} requests, ${failures.length} failed`);
    const within = exchanged && new RegExp(`^from ${exchanged.name}, .* to ${exchanged.name}:`);
    for (const { what } of failures) if (!within?.test(what)) assert.match(what, BETWEEN_CLUSTERS);
  });
}

/** Starts a cluster's server anew, with a proxy that gets bundles from its istiod, or only with its certificates. */
async function restartServer(cluster: Cluster, { pushed }: { readonly pushed: boolean }): Promise<void> {
  const config = { terminationDrainDuration: "10s", proxyMetadata: { PROXY_CONFIG_XDS_AGENT: `${pushed}` } };
  const annotations = { "proxy.istio.io/config": JSON.stringify(config) };
  const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
  await cluster.kubectl(["patch", "deployment", "server", "-n", TRAFFIC_NAMESPACE, "-p", patch]);
  await cluster.kubectl(`rollout status deployment server -n ${TRAFFIC_NAMESPACE}`);
  await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server");
}

function whoRefuses({ deployment }: World, { base, head, changedInPlace }: Shortcut) {
  const roots = ["a", "b", "c"];
  deployment.configure(trustMesh(base, roots));
  const before = loadMesh(deployment.meshFile);
  deployment.configure(trustMesh(head, roots));
  let synth: string[] = [];
  try {
    loadMesh(deployment.meshFile);
  } catch (error) {
    if (!(error instanceof MeshFileError)) throw error;
    synth = [...new Set(error.problems.map(({ finding }) => finding.rule))];
  }
  // What synth refuses is no mesh; the rules of review are asked all the same.
  const after = {
    roots: before.roots.map((root) =>
      root.name === changedInPlace ? { ...root, keyAlgorithm: KeyAlgorithm.ecdsa(384) } : root,
    ),
    clusters: before.clusters.map((cluster) => ({
      ...cluster,
      trust: head[cluster.name as keyof typeof head],
    })),
  };
  return { synth, review: trustFindings(before, after).map(({ rule }) => rule) };
}

function signs(cluster: Cluster, root: string): Promise<unknown> {
  return waitFor(
    `${cluster.name} signs with ${root}`,
    AGENT_SECONDS,
    async () => (await rotation.signedNow(cluster)).root === root,
  );
}

/** Waits until every Envoy of a cluster holds these roots, in whichever order. */
function trusts(cluster: Cluster, bundle: string): Promise<unknown> {
  const roots = bundle.split("+").sort().join("+");
  return waitFor(`${cluster.name} trusts ${roots}`, AGENT_SECONDS, async () => {
    const bundles = (await rotation.held()).filter((held) => held.cluster === cluster.name);
    const other = bundles.find((held) => held.bundle !== roots);
    if (other !== undefined) throw new Error(`an Envoy trusts ${other.bundle}`);
    return true;
  });
}

/** A bundle that istiod does not take; nor does it take the next intermediate, until the old bytes are back. */
async function stopsRenewals(cluster: Cluster, roots: readonly string[]): Promise<void> {
  const before = await rotation.signedNow(cluster);
  for (const change of [() => forced.bundle(cluster.name, roots), () => forced.signer(cluster.name, "a")]) {
    const said = await refusals(cluster);
    await change();
    await waitFor("istiod says so", 60, async () => (await refusals(cluster)) > said);
  }
  const kept = await rotation.signedNow(cluster);
  assert.deepEqual([intermediateOf(kept), kept.bundle], [intermediateOf(before), before.bundle]);
  await forced.bundle(cluster.name, ["a", "b"]);
  await waitFor("the renewal is taken", 60, async () => {
    return intermediateOf(await rotation.signedNow(cluster)) !== intermediateOf(before);
  });
}

async function takesAnyOrder(cluster: Cluster, roots: readonly string[]): Promise<void> {
  for (const each of [roots, ["a", "b"]]) {
    await forced.bundle(cluster.name, each);
    await waitFor(`istiod answers with ${each.join("+")}`, AGENT_SECONDS, async () => {
      return (await rotation.signedNow(cluster)).bundle === each.join("+");
    });
  }
}

/** One root in place of another: a running istiod keeps the old one, and a restarted one breaks with it. */
async function replaced(cluster: Cluster, root: string): Promise<void> {
  const pod = await readyIstiod(cluster);
  const said = await refusals(cluster);
  await forced.signer(cluster.name, root);
  await forced.bundle(cluster.name, [root]);
  await waitFor("istiod refuses it", 60, async () => (await refusals(cluster)) > said);
  assert.equal((await rotation.signedNow(cluster)).root, "b");
  await deletePod(cluster, pod);
  await waitFor(
    "the restart",
    120,
    async () => (await readyIstiod(cluster)).metadata.uid !== pod.metadata.uid,
  );
  await signs(cluster, root);
}

function intermediateOf({ certificate }: Signed): string {
  return certificates(certificate.chain)[1]!.serialNumber;
}

async function refusals(cluster: Cluster): Promise<number> {
  return (await cluster.log(await readyIstiod(cluster), "discovery")).split(NOT_TAKEN).length - 1;
}
