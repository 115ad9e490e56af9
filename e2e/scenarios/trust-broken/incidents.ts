import assert from "node:assert/strict";
import { Duration } from "../../../lib";
import type { Cluster, Pod } from "../../cluster";
import { IntermediateSecret } from "../../intermediate-secret";
import { ISTIO_NAMESPACE, readyIstiod } from "../../istiod";
import { meetEnvoy } from "../../meet-envoy";
import { note, part, step } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { vaultCli } from "../../vault-cli";
import { delay, waitFor } from "../../wait";
import type { WorkloadCertificate } from "../../workload-certificate";
import { certificates } from "../../x509";
import { trustMesh, trustState } from "../rotation/mesh";
import { Rotation, type Signed } from "../rotation/rotation";
import { ForcedTrust } from "./forced-trust";
import { forge } from "./forgery";

const SHORT = Duration.seconds(40);
let stolen: WorkloadCertificate;

/** docs/incidents.md, while root a is good. */
export function lesserIncidents(): void {
  part("incidents: an intermediate's key is stolen, an intermediate expires", () => {
    step("with a stolen key anyone can be anyone; a new intermediate does not end that", async (world) => {
      const { rig, traffic } = world;
      const rotation = await Rotation.of(world);
      const [one, two] = [rig.cluster("cluster1"), rig.cluster("cluster2")];
      stolen = await forge(rig, await new IntermediateSecret(rig, one.name).files(), rotation.names.pem("a"));
      await meets(stolen, two);
      const old = intermediateOf(await rotation.signedNow(one));
      await traffic.unbroken(async () => {
        await vaultCli(rig, ["token", "revoke", "-mode=path", `auth/kubernetes-${one.name}`]);
        await rotation.issue("--cluster", one.name);
        await waitFor(
          "a new intermediate in effect",
          120,
          async () => intermediateOf(await rotation.signedNow(one)) !== old,
        );
        await traffic.restartServer(one);
        await traffic.round();
      });
      await meets(stolen, two);
    });
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

/** The same page, when root a is not. */
export function compromisedRoot(): void {
  part("incidents: a root's key is stolen", () => {
    step(
      "trust.emergency: b in place of a at once; restarted istiods and workloads trust b alone, and no stolen key",
      async (world) => {
        const { rig, traffic } = world;
        const rotation = await Rotation.of(world);
        const mesh = trustMesh(trustState("b:b", "b:b"));
        const trust = { signing: "b", bundle: ["b"], emergency: "the key of root a was copied" };
        const started = Date.now();
        const { requests, failures } = await traffic.during(async () => {
          await rotation.deploy({ ...mesh, sections: { ...mesh.sections, trust } });
          await rotation.issue("--due");
          await Promise.all(rig.clusters.map((cluster) => restartIstiod(cluster)));
          await rotation.everyCluster("is on b", ({ root, bundle }) => root === "b" && bundle === "b", 180);
          note(`every istiod on b after ${((Date.now() - started) / 1000).toFixed(0)} s`);
          for (const cluster of rig.clusters) await traffic.restartServer(cluster);
          await traffic.healed();
        });
        const seconds = ((Date.now() - started) / 1000).toFixed(0);
        note(`${requests} requests, ${failures.length} failed, none after ${seconds} s`);
        for (const held of await rotation.held())
          assert.deepEqual([held.root, held.bundle], ["b", "b"], held.cluster);
        for (const cluster of rig.clusters) await assert.rejects(meets(stolen, cluster), /alert/);
      },
    );
  });
}

/** A call of who holds this, answered by a cluster's server. */
async function meets({ chain: cert, key }: WorkloadCertificate, cluster: Cluster): Promise<void> {
  const [server] = (await cluster.readyPods(TRAFFIC_NAMESPACE, "app=server")) as [Pod];
  // Whom the server's Envoy is signed by is not what is asked here.
  await meetEnvoy(server, 8080, { cert, key }, { anyServer: true });
}

/** As the page has it. */
async function restartIstiod(cluster: Cluster): Promise<void> {
  await cluster.kubectl(`--context=${cluster.name} -n ${ISTIO_NAMESPACE} rollout restart deployment istiod`);
}

function intermediateOf({ certificate }: Signed): string {
  return certificates(certificate.chain)[1]!.serialNumber;
}
