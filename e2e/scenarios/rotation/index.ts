import assert from "node:assert/strict";
import { readyIstiod } from "../../istiod";
import { FIRST_CLUSTERS } from "../../meshes";
import type { RigVariant } from "../../rig";
import { check, part, scenario, step, type World } from "../../scenario";
import { rotationMesh, type TrustState, trustState } from "./mesh";
import { type Held, Rotation } from "./rotation";

const [FORTH, BACK] = [FIRST_CLUSTERS, FIRST_CLUSTERS.toReversed()];

/** docs/rotate-a-root.md, step by step, and the way back. */
export function rotation(variant: RigVariant = {}): void {
  scenario({ clusters: FIRST_CLUSTERS, variant }, () => {
    part("the root is rotated from a to b, and back", () => {
      step("the mesh deploys with root a, issued by istio-vault issue", async (world) => {
        steps = new Rotation(world);
        await steps.deployMesh(rotationMesh(trustState("a:a", "a:a"), ["a"]));
        istiods = await istiodPods(world);
      });
      bundle("trust b too, cluster1 first", "a:ab", FORTH);
      settled("no Envoy is left that trusts a alone", ({ bundle }) => bundle === "a");
      signer("cluster1 signs with b", "cluster1", trustState("b:ab", "a:ab"));
      signer("cluster2 signs with b", "cluster2", trustState("b:ab", "b:ab"));
      settled("no certificate under a is left", ({ root }) => root === "a");
      bundle("drop a, cluster2 first", "b:b", BACK);
      bundle("back: trust a again, cluster2 first", "b:ab", BACK);
      settled("no Envoy is left that trusts b alone", ({ bundle }) => bundle === "b");
      signer("back: cluster2 signs with a", "cluster2", trustState("b:ab", "a:ab"));
      signer("back: cluster1 signs with a", "cluster1", trustState("a:ab", "a:ab"));
      settled("no certificate under b is left", ({ root }) => root === "b");
      bundle("back: drop b, cluster1 first", "a:a", FORTH);
      check("no istiod was restarted", async (world) => assert.deepEqual(await istiodPods(world), istiods));
    });
  });
}

/** What is carried from one step to the next. */
let steps: Rotation;
let istiods: readonly (string | undefined)[];

function bundle(name: string, trust: string, order: readonly string[]): void {
  const to = trustState(trust, trust);
  step(name, ({ rig, traffic }) =>
    traffic.unbroken(() =>
      steps.changeBundle(
        rotationMesh(to),
        to.cluster1.bundle.join("+"),
        order.map((cluster) => rig.cluster(cluster)),
      ),
    ),
  );
}

function signer(name: string, cluster: "cluster1" | "cluster2", to: TrustState): void {
  step(name, ({ rig, traffic }) =>
    traffic.unbroken(() => steps.changeSigner(rotationMesh(to), rig.cluster(cluster), to[cluster].signing)),
  );
}

function settled(name: string, old: (held: Held) => boolean): void {
  step(name, ({ traffic }) => traffic.unbroken(() => steps.settled(name, old)));
}

async function istiodPods({ rig }: World): Promise<(string | undefined)[]> {
  const pods = await Promise.all(rig.clusters.map((cluster) => readyIstiod(cluster)));
  return pods.map(({ metadata }) => metadata.uid);
}
