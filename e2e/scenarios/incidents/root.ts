import { note, part, step } from "../../scenario";
import { waitFor } from "../../wait";
import { publishedRoots } from "../../workload-certificate";
import { AttackedMesh, seconds } from "./attacked-mesh";

export function stolenRoot(): void {
  part("incidents: a root's key is stolen", () => {
    step(
      "trust.emergency, istiods restarted, roots hurried: every proxy trusts b alone, and nobody the thief",
      async (world) => {
        const { rig, traffic } = world;
        const mesh = AttackedMesh.it;
        await mesh.acceptsTheThief();
        const started = Date.now();
        const { requests, failures } = await traffic.during(async () => {
          await mesh.change({
            roots: ["a", "b"],
            trust: { signing: "b", bundle: ["b"], emergency: "the key of root a was copied" },
          });
          note(`deployed after ${seconds(started)} s`);
          await Promise.all(
            rig.clusters.map((cluster) => mesh.run("rollout restart deployment istiod", cluster)),
          );
          note(`istiods restarted after ${seconds(started)} s`);
          for (const cluster of rig.clusters)
            await waitFor(`${cluster.name} to publish b`, 120, async () => {
              return mesh.rotation.names.bundle(await publishedRoots(cluster)) === "b";
            });
          note(`b is published after ${seconds(started)} s`);
          await Promise.all(rig.clusters.map((cluster) => mesh.run("annotate pods", cluster)));
          await waitFor("every Envoy to be on b", 240, async () => {
            const held = await mesh.rotation.held();
            const other = held.find(({ root, bundle }) => root !== "b" || bundle !== "b");
            if (other) throw new Error(JSON.stringify(other));
            return true;
          });
          note(`every proxy trusts b alone after ${seconds(started)} s`);
          await mesh.refusesTheThief();
          await traffic.healed();
          note(`no request fails after ${seconds(started)} s`);
        });
        note(`${requests} requests, ${failures.length} failed`);
      },
    );
  });
}
