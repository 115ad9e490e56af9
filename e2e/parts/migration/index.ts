import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { approleCredential } from "../../approle";
import type { Part } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { IstioVault } from "../../istio-vault";
import { deletePod, ISTIO_NAMESPACE, istiodPods, readLog, readyIstiod } from "../../istiod";
import { shellBlock } from "../../page-commands";
import { installPlainIstio } from "../../plain-istio";
import { RootNames } from "../../rotation/root-names";
import { Rotation } from "../../rotation/rotation";
import { nameOf, Workloads } from "../../rotation/workloads";
import { waitFor } from "../../wait";
import type { World } from "../../world";
import { CLUSTERS, clustersOf, externalMesh } from "../external/mesh";
import { MESH_NEEDS } from "../needs";
import { copyToVault, type OldSecret, plugIn, remove, saveRoot } from "./old-cas";

/** What each cluster comes from. */
const OLD: Readonly<Record<string, OldSecret>> = { cluster1: "istio-ca-secret", cluster2: "cacerts" };
const ALL = ["a", "old1", "old2"];
const SELF_SIGNED = "Use self-signed certificate as the CA certificate";

const names = new RootNames();
let apart: readonly Workloads[];
let together: Rotation;

export const migration: Part = {
  name: "two clusters come to Vault, from istiod's own CA and from a cacerts Secret",
  needs: [...MESH_NEEDS, "kubectl"],
  checks: [
    {
      name: "cluster1's istiod is its own root, cluster2's has the Secret cacerts; they trust nothing in common",
      prerequisite: true,
      run: async ({ rig }) => {
        await Promise.all(CLUSTERS.map((name) => rig.addCluster(name)));
        for (const { api } of clustersOf(rig)) {
          await api.create("/api/v1/namespaces", { metadata: { name: ISTIO_NAMESPACE } });
        }
        await plugIn(rig.cluster("cluster2"));
        await Promise.all(clustersOf(rig).map((cluster) => installPlainIstio(rig, cluster)));
        const [one, two] = await Promise.all(clustersOf(rig).map((cluster) => readyIstiod(cluster, 120)));
        assert.ok(readLog(rig.cluster("cluster1"), one!, "discovery").includes(SELF_SIGNED));
        assert.ok(!readLog(rig.cluster("cluster2"), two!, "discovery").includes(SELF_SIGNED));
        for (const [index, cluster] of clustersOf(rig).entries()) {
          names.add(`old${index + 1}`, readFileSync(await saveRoot(rig, cluster), "utf8"));
        }
        apart = clustersOf(rig).map((cluster) => new Workloads([cluster], names));
        for (const workloads of apart) workloads.start();
        await waitFor("a workload in each cluster", 60, async () =>
          apart.every(({ alive }) => alive.length > 0),
        );
      },
    },
    {
      name: "vault-root deploys with the old roots in every bundle, and each old CA is copied into Vault",
      prerequisite: true,
      run: async (world) => {
        configure(world, { cluster1: "old1", cluster2: "old2" }, ALL);
        await world.deployment.deploy(VAULT_STACK);
        await names.learn(world.rig);
        for (const cluster of clustersOf(world.rig)) {
          await copyToVault(world.rig, cluster, OLD[cluster.name]!);
        }
      },
    },
    {
      name: "the releases are imported and deployed; istiod restarts into the old CA, now from Vault",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await deployment.synth();
        for (const name of CLUSTERS) await deployment.importInto(name, imports());
        await deployment.deploy(...CLUSTERS);
        for (const [index, workloads] of apart.entries()) {
          const cluster = clustersOf(rig)[index]!;
          const pod = await readyIstiod(cluster, 120);
          assert.ok(!readLog(cluster, pod, "discovery").includes(SELF_SIGNED));
          await waitFor("a workload with the whole bundle", 120, async () => {
            return workloads.latest(cluster.name)?.bundle === ALL.join("+");
          });
          const { handshakes, failures, bundles } = await workloads.tryAll();
          console.log(
            `         ${cluster.name}: ${handshakes} handshakes by ${bundles.join(" and ")}, ${failures.length} failed; ${workloads.requests} certificates asked for, ${workloads.refusals.length} refused ${workloads.refusals.join("; ")}`,
          );
          assert.deepEqual(failures, []);
          assert.ok(workloads.alive.every(({ root }) => root === `old${index + 1}`));
        }
      },
    },
    {
      name: "once every workload has renewed, the clusters trust each other",
      prerequisite: true,
      run: async (world) => {
        for (const workloads of apart) await workloads.stop();
        together = new Rotation(world, clustersOf(world.rig), names);
        together.workloads.start();
        await waitFor("no workload with an old bundle alone", 120, async () =>
          apart.every(({ alive }) => alive.every(({ bundle }) => bundle === ALL.join("+"))),
        );
        await waitFor("a workload in each cluster", 60, async () =>
          CLUSTERS.every((name) => together.workloads.latest(name)),
        );
        // istiod publishes its bundle once it leads, up to a minute after its start.
        for (const cluster of clustersOf(world.rig)) await together.hasBundle(cluster, ALL.join("+"));
        await together.moment("all roots trusted", {
          signers: ["cluster1 under old1", "cluster2 under old2"],
          bundles: [ALL.join("+")],
        });
      },
    },
    {
      name: "istio-vault issue lets both sign with a, live",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        configure(world, { cluster1: "a", cluster2: "a" }, ALL);
        await deployment.deploy(VAULT_STACK);
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        assert.equal(
          await issuer.output(["issue", "--due", "-o", "short"]),
          "cluster1 issued\ncluster2 issued\n",
        );
        await waitFor("both sign with a", 60, async () =>
          CLUSTERS.every((name) => together.workloads.latest(name)!.root === "a"),
        );
        const signers = together.workloads.alive.map(nameOf);
        assert.ok(signers.includes("cluster1 under old1") && signers.includes("cluster2 under old2"));
        await together.moment("a signs", { signers, bundles: [ALL.join("+")] });
      },
    },
    {
      name: "once the last old certificate has ended, the old roots are dropped",
      prerequisite: true,
      run: async (world) => {
        await together.settled("no certificate under an old root is left", ({ root }) => root !== "a");
        await together.changeBundle(
          settings(world, { cluster1: "a", cluster2: "a" }, ["a"]),
          "a",
          clustersOf(world.rig),
        );
        await together.workloads.stop();
        const { requests, refusals } = together.workloads;
        console.log(
          `         ${together.handshakes} handshakes, 0 failed; ${requests} certificates asked for, ${refusals.length} refused`,
        );
        assert.deepEqual(refusals, []);
      },
    },
    {
      name: "the old keys are removed from the clusters and from Vault, and istiod starts without them",
      run: async ({ rig }) => {
        for (const cluster of clustersOf(rig)) {
          await remove(rig, cluster, OLD[cluster.name]!);
          await assert.rejects(new IntermediateSecret(rig, cluster.name).keys(), /404/);
          const old = await readyIstiod(cluster);
          await deletePod(cluster, old);
          const next = await waitFor("another istiod", 120, async () => {
            const [pod] = (await istiodPods(cluster)).filter(
              ({ metadata }) => metadata.uid !== old.metadata.uid,
            );
            return pod && (await readyIstiod(cluster)).metadata.uid === pod.metadata.uid && pod;
          });
          assert.ok(!readLog(cluster, next, "discovery").includes(SELF_SIGNED));
        }
      },
    },
  ],
};

/** What docs/migrate.md lets Terraform take over instead of making it: ids by addresses. */
function imports(): Record<string, string> {
  const commands = shellBlock("docs/migrate.md", " import ").matchAll(/ import (\S+) (\S+)$/gm);
  return Object.fromEntries([...commands].map(([, address, id]) => [address, id]));
}

function settings(
  { rig }: World,
  signing: { readonly cluster1: string; readonly cluster2: string },
  bundle: readonly string[],
) {
  const offline = clustersOf(rig).map(({ directory }, index) => ({
    name: `old${index + 1}`,
    source: "offline",
    certificateFile: join(directory, "old-root", "clusters", "old-root.pem"),
  }));
  return {
    ...externalMesh,
    overrides: { cluster1: { trust: { signing: signing.cluster1 } } },
    sections: {
      ...externalMesh.sections,
      roots: [{ name: "a", source: "vault-pki", keyAlgorithm: "ecdsa-p256" }, ...offline],
      trust: { signing: signing.cluster2, bundle },
    },
  };
}

function configure(world: World, ...trust: [Parameters<typeof settings>[1], readonly string[]]): void {
  world.deployment.configure(settings(world, ...trust));
}
