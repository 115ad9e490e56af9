import assert from "node:assert/strict";
import type { Cluster, Pod } from "../cluster";
import { isReady } from "../cluster";
import { type IstioNeed, ISTIO_NEEDS } from "../istio-builds";
import { istiodImage, istiodPods } from "../istiod";
import { istioSection } from "../mesh-file";
import { FIRST_CLUSTERS, twoClusters } from "../meshes";
import { part, scenario, step, type World } from "../scenario";
import { waitFor } from "../wait";

const [CURRENT, BELOW, TWO_BELOW] = ISTIO_NEEDS;
const NEEDS = [CURRENT, BELOW].flatMap((need) => [need, `${need}'s proxy`] as const);

/** docs/upgrade-istio.md, "Upgrade in place". */
scenario({ clusters: FIRST_CLUSTERS, needs: NEEDS, variant: { istio: TWO_BELOW } }, () => {
  part("Istio is upgraded in place, minor by minor, and downgraded", () => {
    step("both clusters deploy on the oldest of the three, two istiods each", async (world) => {
      const { rig, deployment, traffic } = world;
      configure(world, TWO_BELOW);
      await deployment.deployAll();
      for (const cluster of rig.clusters) await runs(cluster, rig.istio.version);
      await traffic.start(rig.clusters);
    });
    to("one minor up", BELOW);
    to("another minor up, to the default version", CURRENT);
    to("and one minor down", BELOW);
  });
});

/** One change of `istio.version`: of each cluster istio-base and istiod are updated, and then its server's proxy. */
function to(name: string, need: IstioNeed): void {
  step(name, async (world) => {
    const { rig, deployment, traffic } = world;
    const { version } = rig.programs.istio(need);
    configure(world, need);
    await deployment.synth();
    for (const { name } of rig.clusters) {
      assert.deepEqual(await deployment.changes(name), [
        "update helm_release.IstioBase",
        "update helm_release.Istiod",
      ]);
    }
    await traffic.unbroken(async () => {
      for (const cluster of rig.clusters) {
        await deployment.deploy(cluster.name);
        await runs(cluster, version);
        await traffic.round();
        assert.equal(versionOf(proxyImage(await traffic.restartServer(cluster))), version);
        await traffic.round();
      }
    });
  });
}

function configure({ rig, deployment }: World, need: IstioNeed): void {
  deployment.configure({ ...twoClusters, sections: { istio: istioSection(rig.programs.istio(need), 2) } });
}

async function runs(cluster: Cluster, version: string): Promise<void> {
  await waitFor(`two istiods ${version} in ${cluster.name}`, 60, async () => {
    const pods = await istiodPods(cluster);
    return pods.length === 2 && pods.every((pod) => isReady(pod) && versionOf(istiodImage(pod)) === version);
  });
}

function proxyImage({ spec }: Pod): string {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.find(({ name }) => name === "istio-proxy")!.image!;
}

function versionOf(image: string): string {
  return image.split(":").at(-1)!;
}
