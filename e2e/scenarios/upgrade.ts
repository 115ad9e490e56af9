import assert from "node:assert/strict";
import type { Cluster, Pod } from "../cluster";
import { isReady } from "../cluster";
import { VAULT_STACKS } from "../deployment";
import { type IstioNeed, ISTIO_NEEDS } from "../istio-builds";
import { istiodImage, istiodPods } from "../istiod";
import { istioSection } from "../mesh-file";
import { FIRST_CLUSTERS, twoClusters } from "../meshes";
import { part, scenario, step, type World } from "../scenario";
import { waitFor } from "../wait";
import { certificates } from "../x509";

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
    leavesRenewed("with a line that the bundle gains", TWO_BELOW);
    leavesRenewed("with the same line gone", TWO_BELOW);
    to("one minor up", BELOW);
    leavesRenewed("on the minor that compares certificates", BELOW);
    to("another minor up, to the default version", CURRENT);
    to("and one minor down", BELOW);
  });
});

/** Of workloads, as `leafGeneration` says. */
let leafGeneration = 1;

/** Before 1.30 istiod takes no bundle whose text does not contain its own, or the other way around. */
function leavesRenewed(how: string, need: IstioNeed): void {
  step(`every leaf is renewed, ${how}, and no istiod is restarted`, async (world) => {
    const { rig, deployment, traffic } = world;
    const serials = async () =>
      (await traffic.envoys()).map(({ chain }) => certificates(chain)[0]!.serialNumber);
    const istiods = async () =>
      (await Promise.all(rig.clusters.map(istiodPods))).flat().map(({ metadata }) => metadata.uid);
    const before = { serials: await serials(), istiods: await istiods() };
    leafGeneration++;
    configure(world, need);
    await traffic.unbroken(async () => {
      await deployment.deploy(VAULT_STACKS);
      await waitFor("every leaf to be another one", 60, async () =>
        (await serials()).every((serial) => !before.serials.includes(serial)),
      );
      await traffic.round();
    });
    assert.deepEqual(await istiods(), before.istiods);
  });
}

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
  const istio = istioSection(rig.programs.istio(need), 2);
  deployment.configure({ ...twoClusters, sections: { istio, leafGeneration } });
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
