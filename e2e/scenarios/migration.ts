import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IntermediateSecret } from "../intermediate-secret";
import { deletePod, ISTIO_NAMESPACE, readyIstiod } from "../istiod";
import { istioSection, type MeshSettings } from "../mesh-file";
import { externalMesh, FIRST_CLUSTERS } from "../meshes";
import { shellBlock } from "../page-commands";
import type { Rig } from "../rig";
import { note, part, scenario, step, type World } from "../scenario";
import { TRAFFIC_NAMESPACE } from "../traffic/objects";
import { Traffic } from "../traffic/traffic";
import { waitFor } from "../wait";
import { publishedRoots } from "../workload-certificate";
import { copyToVault, type OldSecret, plugIn, remove, saveRoot } from "./migration/old-cas";
import { installPlainIstio } from "./migration/plain-istio";
import { Rotation } from "./rotation/rotation";
import { Reader } from "./status/reader";

/** What each cluster comes from. */
const OLD: Readonly<Record<string, OldSecret>> = { cluster1: "istio-ca-secret", cluster2: "cacerts" };
const ALL = ["old1", "old2", "a"];
const OF_OLD: Signing = { cluster1: "old1", cluster2: "old2" };
const OF_A: Signing = { cluster1: "a", cluster2: "a" };
/** Longer than any step needs, and shorter than any certificate lives. */
const AT_MOST = "5m";
type Signing = Readonly<Record<"cluster1" | "cluster2", string>>;
const SELF_SIGNED = "Use self-signed certificate as the CA certificate";

/** Within each cluster, while they trust nothing in common. */
let apart: readonly Traffic[];
let rotation: Rotation;

/** docs/migrate.md, for a cluster of each kind. */
scenario({ clusters: FIRST_CLUSTERS }, () => {
  part("two clusters come to Vault, from istiod's own CA and from a cacerts Secret", () => {
    step(
      "cluster1's istiod is its own root, cluster2's has the Secret cacerts; they trust nothing in common",
      async (world) => {
        const { rig } = world;
        rotation = new Rotation(world);
        const [one, two] = [rig.cluster("cluster1"), rig.cluster("cluster2")];
        for (const cluster of [one, two]) await cluster.kubectl(`create namespace ${ISTIO_NAMESPACE}`);
        await plugIn(two);
        const { values } = istioSection(rig.istio);
        await Promise.all(rig.clusters.map((cluster) => installPlainIstio(rig, cluster, values)));
        assert.ok((await one.log(await readyIstiod(one), "discovery")).includes(SELF_SIGNED));
        assert.ok(!(await two.log(await readyIstiod(two), "discovery")).includes(SELF_SIGNED));
        for (const cluster of [one, two])
          rotation.names.add(nameOfOld(cluster.name), readFileSync(await saveRoot(rig, cluster), "utf8"));
        apart = [one, two].map(() => new Traffic());
        await Promise.all(apart.map((traffic, index) => traffic.start([[one, two][index]!])));
      },
    );
    step(
      "Vault's stacks deploy with the old roots in every bundle, and each old CA is copied into Vault",
      async ({ rig }) => {
        await rotation.deploy(mesh(rig, OF_OLD, ALL));
        for (const cluster of rig.clusters) await copyToVault(rig, cluster, OLD[cluster.name]!);
      },
    );
    step(
      "the releases are imported and deployed; istiod restarts into the old CA, now from Vault",
      ({ rig, deployment }) =>
        unbroken(apart, async () => {
          await deployment.synth();
          for (const name of FIRST_CLUSTERS) await deployment.importInto(name, imports());
          await deployment.deploy(...FIRST_CLUSTERS);
          for (const cluster of rig.clusters) {
            const log = await cluster.log(await readyIstiod(cluster), "discovery");
            assert.ok(!log.includes(SELF_SIGNED));
            await waitFor(
              "the whole bundle",
              120,
              async () => rotation.names.bundle(await publishedRoots(cluster)) === ALL.join("+"),
            );
            assert.equal((await rotation.signedNow(cluster)).root, nameOfOld(cluster.name));
          }
          for (const traffic of apart) await traffic.round();
        }),
    );
    step("the gate names the proxies of before; once they are replaced, a may sign", async (world) => {
      const { rig } = world;
      const next = mesh(rig, OF_A, ALL);
      const refused = await gate(world, next);
      assert.equal(refused.code, 3, refused.stdout);
      assert.match(refused.stdout, /traffic\/client-\S+ .*; injected before its istiod pushed bundles/);
      assert.match(refused.stdout, /root a may not sign before .* in cluster1, .* in cluster2 \(IV0724, /);
      for (const traffic of apart) await traffic.end();
      for (const cluster of rig.clusters) {
        await cluster.kubectl(`rollout restart deployment -n ${TRAFFIC_NAMESPACE}`);
        await cluster.kubectl(`rollout status deployment -n ${TRAFFIC_NAMESPACE}`);
      }
      await passes(world, next);
      await world.traffic.start(rig.clusters);
    });
    step("istio-vault issue lets both sign with a, live", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        await rotation.deploy(mesh(rig, OF_A, ALL));
        assert.equal(await rotation.issue("--due", "-o", "short"), "cluster1 issued\ncluster2 issued\n");
        await rotation.everyCluster("signs with a", ({ root }) => root === "a");
        await traffic.round();
      }),
    );
    step("leaves are renewed, and the old roots dropped, each as soon as the gate allows it", (world) =>
      world.traffic.unbroken(async () => {
        const { rig } = world;
        const renewed = mesh(rig, OF_A, ALL, 2);
        await passes(world, renewed);
        await rotation.deploy(renewed);
        const last = mesh(rig, OF_A, ["a"], 2);
        await passes(world, last);
        await rotation.changeBundle(last, "a", rig.clusters);
      }),
    );
    step(
      "the old keys are removed from the clusters and from Vault, and istiod starts without them",
      ({ rig, traffic }) =>
        traffic.unbroken(async () => {
          for (const cluster of rig.clusters) {
            await remove(rig, cluster, OLD[cluster.name]!);
            await assert.rejects(new IntermediateSecret(rig, cluster.name).keys(), /404/);
            const old = await readyIstiod(cluster);
            await deletePod(cluster, old);
            const next = await waitFor("another istiod", 120, async () => {
              const pod = await readyIstiod(cluster);
              return pod.metadata.uid !== old.metadata.uid && pod;
            });
            assert.ok(!(await cluster.log(next, "discovery")).includes(SELF_SIGNED));
          }
          await traffic.round();
        }),
    );
  });
});

async function gate(world: World, settings: MeshSettings, ...options: string[]) {
  return (await Reader.of(world)).status(settings, ["--gate", ...options]);
}

/** Waits as docs/migrate.md has it: certificates live for a day, so that this is by proof. */
async function passes(world: World, settings: MeshSettings): Promise<void> {
  const asked = Date.now();
  const { code, stdout, stderr } = await gate(world, settings, "--wait", AT_MOST);
  assert.equal(code, 0, stdout + stderr);
  note(`allowed after ${((Date.now() - asked) / 1000).toFixed(0)} s`);
}

function nameOfOld(cluster: string): string {
  return cluster.replace("cluster", "old");
}

/** No request of any of these may fail. */
function unbroken(all: readonly Traffic[], action: () => Promise<void>): Promise<void> {
  return all.reduce((inner, traffic) => () => traffic.unbroken(inner), action)();
}

/** What docs/migrate.md lets Terraform take over instead of making it: ids by addresses. */
function imports(): Record<string, string> {
  const commands = shellBlock("docs/migrate.md", " import ").matchAll(/ import (\S+) (\S+)$/gm);
  return Object.fromEntries([...commands].map(([, address, id]) => [address, id]));
}

function mesh(rig: Rig, signing: Signing, bundle: readonly string[], leafGeneration = 1): MeshSettings {
  const offline = rig.clusters.map(({ name, directory }) => ({
    name: nameOfOld(name),
    source: "offline",
    certificateFile: join(directory, "old-root", "clusters", "old-root.pem"),
  }));
  return {
    ...externalMesh,
    overrides: { cluster1: { trust: { signing: signing.cluster1 } } },
    sections: {
      ...externalMesh.sections,
      leafGeneration,
      roots: [{ name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" }, ...offline],
      trust: { signing: signing.cluster2, bundle },
    },
  };
}
