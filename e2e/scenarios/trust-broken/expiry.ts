import assert from "node:assert/strict";
import { Duration } from "../../../lib";
import { readyIstiod } from "../../istiod";
import { note, part, step } from "../../scenario";
import { delay, waitFor } from "../../wait";
import { certificates } from "../../x509";
import { Rotation, type Signed } from "../rotation/rotation";
import { ForcedTrust } from "./forced-trust";

const SHORT = Duration.seconds(40);

/** docs/incidents.md: what a stolen key does is in the scenario incidents. */
export function expiry(): void {
  part("incidents: an intermediate expires", () => {
    step(
      "an expired intermediate ends every certificate under it; istio-vault issue heals it without a restart",
      async (world) => {
        const { rig, traffic } = world;
        const rotation = await Rotation.of(world);
        const forced = new ForcedTrust(rig, rotation.names);
        const cluster = rig.cluster("cluster1");
        const istiod = await readyIstiod(cluster);
        let seconds = 0;
        const { requests, failures } = await traffic.during(async () => {
          const old = intermediateOf(await rotation.signedNow(cluster));
          await forced.signer(cluster.name, "a", SHORT);
          await waitFor(
            "the one that ends",
            60,
            async () => intermediateOf(await rotation.signedNow(cluster)) !== old,
          );
          await forced.renewLeaves(cluster.name);
          await traffic.failing();
          await delay(SHORT.toSeconds() / 2);
          await assert.rejects(rotation.signedNow(cluster), /certificate/);
          const started = Date.now();
          await rotation.issue("--due");
          await traffic.healed();
          seconds = (Date.now() - started) / 1000;
          // Without the empty line: before 1.30 istiod takes no bundle that does not contain its own, byte by byte.
          await forced.bundle(cluster.name, ["a"]);
        });
        note(`${requests} requests, ${failures.length} failed; healed in ${seconds.toFixed(0)} s`);
        for (const { what } of failures) assert.match(what, /cluster1/);
        assert.equal((await readyIstiod(cluster)).metadata.uid, istiod.metadata.uid);
      },
    );
  });
}

function intermediateOf({ certificate }: Signed): string {
  return certificates(certificate.chain)[1]!.serialNumber;
}
