import assert from "node:assert/strict";
import type { Check, Part } from "../checks";
import { type IstioNeed, ISTIO_NEEDS } from "../istio-builds";
import { istiodImage, istiodPods } from "../istiod";
import { isReady, type Pod } from "../kubernetes-objects";
import { istioSection } from "../mesh-file";
import { changes } from "../revisions/observed";
import { RootNames } from "../rotation/root-names";
import { Workloads } from "../rotation/workloads";
import { waitFor } from "../wait";
import type { World } from "../world";
import { clustersOf } from "./external/mesh";
import { FIRST_CLUSTERS, twoClusters } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const [CURRENT, BELOW, TWO_BELOW] = ISTIO_NEEDS;

let workloads: Workloads;

export const upgrade: Part = {
  name: "Istio is upgraded in place, minor by minor, and downgraded, while workloads ask for certificates",
  needs: [...MESH_NEEDS, BELOW, TWO_BELOW],
  checks: [
    {
      name: "both clusters deploy on the oldest of the three, two istiods each",
      prerequisite: true,
      run: async (world) => {
        const { rig, deployment } = world;
        await Promise.all(FIRST_CLUSTERS.map((name) => rig.addCluster(name)));
        configure(world, TWO_BELOW);
        await deployment.deployAll();
        await runs(world, TWO_BELOW);
        const names = new RootNames();
        await names.learn(rig);
        workloads = new Workloads(clustersOf(rig), names);
        workloads.start();
        await waitFor("a workload in each cluster", 60, async () =>
          FIRST_CLUSTERS.every((name) => workloads.latest(name)),
        );
      },
    },
    to("one minor up", BELOW),
    to("another minor up, to the default version", CURRENT),
    to("and one minor down", BELOW),
    {
      name: "no request for a certificate was refused meanwhile",
      run: async () => {
        await workloads.stop();
        console.log(`         ${workloads.requests} certificates asked for`);
        assert.deepEqual(workloads.refusals, []);
      },
    },
  ],
};

/** One change of `istio.version`: istio-base and istiod of each cluster are updated, and every workload accepts every other. */
function to(name: string, need: IstioNeed): Check {
  return {
    name,
    prerequisite: true,
    run: async (world) => {
      const { deployment } = world;
      configure(world, need);
      await deployment.synth();
      for (const cluster of FIRST_CLUSTERS) {
        assert.deepEqual(await changes(deployment, cluster), [
          "update helm_release.IstioBase",
          "update helm_release.Istiod",
        ]);
        await deployment.deploy(cluster);
        const { leaves, handshakes, failures } = await workloads.tryAll();
        console.log(`         ${cluster}: ${leaves} certificates, ${handshakes} handshakes`);
        assert.deepEqual(failures, []);
      }
      await runs(world, need);
    },
  };
}

function configure({ rig, deployment }: World, need: IstioNeed): void {
  const istio = { ...istioSection(rig.programs.istio(need)), replicas: 2 };
  deployment.configure({ ...twoClusters, sections: { istio } });
}

async function runs({ rig }: World, need: IstioNeed): Promise<void> {
  const { version } = rig.programs.istio(need);
  for (const cluster of clustersOf(rig)) {
    await waitFor(`two istiods ${version} in ${cluster.name}`, 60, async () => {
      const pods = await istiodPods(cluster);
      const isOfVersion = (pod: Pod) => isReady(pod) && istiodImage(pod).endsWith(`:${version}`);
      return pods.length === 2 && pods.every(isOfVersion);
    });
  }
}
