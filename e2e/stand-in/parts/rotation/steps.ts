import assert from "node:assert/strict";
import type { Check, Part } from "../../checks";
import { readyIstiod } from "../../istiod";
import { RootNames } from "../../rotation/root-names";
import { Rotation } from "../../rotation/rotation";
import { waitFor } from "../../../wait";
import type { World } from "../../world";
import { clustersOf } from "../external/mesh";
import { MESH_NEEDS } from "../needs";
import { deployMesh } from "./deploy-mesh";
import { CLUSTERS, rotationMesh, type TrustState, trustState } from "./mesh";

/** What is carried from one step to the next. */
let rotation: Rotation;
let istiods: readonly string[];

export const steps: Part = {
  name: "the root is rotated from a to b, and back",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "the mesh deploys with root a, issued by istio-vault issue",
      prerequisite: true,
      run: async (world) => {
        const { rig } = world;
        await deployMesh(world, rotationMesh(trustState("a:a", "a:a"), ["a"]));
        istiods = await istiodPodsOf(world);
        const names = new RootNames();
        await names.learn(rig);
        rotation = new Rotation(world, clustersOf(rig), names);
        rotation.workloads.start();
        await waitFor("a workload in each cluster", 60, async () =>
          CLUSTERS.every((name) => rotation.workloads.latest(name)),
        );
      },
    },
    bundle("trust b too, cluster1 first", "a:ab", CLUSTERS),
    settled("no workload is left that trusts a alone", ({ bundle }) => bundle === "a"),
    signer("cluster1 signs with b", "cluster1", trustState("b:ab", "a:ab")),
    signer("cluster2 signs with b", "cluster2", trustState("b:ab", "b:ab")),
    settled("no certificate under a is left", ({ root }) => root === "a"),
    bundle("drop a, cluster2 first", "b:b", CLUSTERS.toReversed()),
    bundle("back: trust a again, cluster2 first", "b:ab", CLUSTERS.toReversed()),
    settled("no workload is left that trusts b alone", ({ bundle }) => bundle === "b"),
    signer("back: cluster2 signs with a", "cluster2", trustState("b:ab", "a:ab")),
    signer("back: cluster1 signs with a", "cluster1", trustState("a:ab", "a:ab")),
    settled("no certificate under b is left", ({ root }) => root === "b"),
    bundle("back: drop b, cluster1 first", "a:a", CLUSTERS),
    {
      name: "no request for a certificate failed meanwhile, and no istiod was restarted",
      run: async (world) => {
        await rotation.workloads.stop();
        const { requests, refusals } = rotation.workloads;
        assert.deepEqual(refusals, []);
        assert.deepEqual(await istiodPodsOf(world), istiods);
        console.log(
          `         ${rotation.moments} moments, ${rotation.handshakes} handshakes, 0 failed; ${requests} certificates asked for, 0 refused`,
        );
      },
    },
  ],
};

function bundle(name: string, trust: string, order: readonly string[]): Check {
  const to = trustState(trust, trust);
  return {
    name,
    prerequisite: true,
    run: ({ rig }) =>
      rotation.changeBundle(
        rotationMesh(to),
        to.cluster1.bundle.join("+"),
        order.map((cluster) => rig.cluster(cluster)),
      ),
  };
}

function signer(name: string, cluster: "cluster1" | "cluster2", to: TrustState): Check {
  return {
    name,
    prerequisite: true,
    run: ({ rig }) => rotation.changeSigner(rotationMesh(to), rig.cluster(cluster), to[cluster].signing),
  };
}

function settled(name: string, old: Parameters<Rotation["settled"]>[1]): Check {
  return { name, prerequisite: true, run: () => rotation.settled(name, old) };
}

async function istiodPodsOf({ rig }: World): Promise<string[]> {
  const pods = await Promise.all(rig.clusters.map((cluster) => readyIstiod(cluster, 120)));
  return pods.map(({ metadata }) => metadata.uid);
}
