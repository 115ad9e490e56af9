import assert from "node:assert/strict";
import type { V1ReplicaSetList } from "@kubernetes/client-node";
import { scaleInjector } from "../../injector";
import { failedInit, guardOf } from "../../guard";
import { type Cluster, isReady } from "../../cluster";
import { deletePod, ISTIO_NAMESPACE, istiodPods, readyIstiod } from "../../istiod";
import { THIRD_CLUSTER } from "../../meshes";
import { meetEnvoy } from "../../meet-envoy";
import { part, step } from "../../scenario";
import { TRAFFIC_NAMESPACE } from "../../traffic/objects";
import { delay, waitFor } from "../../wait";
import { publishedRoots, signWorkload } from "../../workload-certificate";

export function guards(): void {
  part("guards, one after the other", () => {
    step(
      "with the injector down no istiod pod is created, while an unlabelled pod is, and workloads talk on",
      async (world) => {
        const cluster = world.rig.cluster("cluster1");
        await world.traffic.unbroken(async () => {
          await scaleInjector(cluster, 0);
          await deletePod(cluster, await readyIstiod(cluster));
          const reason = await waitFor("a refusal of istiod's pod", 60, () => replicaFailure(cluster));
          assert.match(reason, /vault\.hashicorp\.com/);
          await cluster.kubectl(`run unlabelled -n ${ISTIO_NAMESPACE} --image=docker.io/library/busybox:1`);
          assert.deepEqual(await istiodPods(cluster), []);
        });
      },
    );
    step("with the injector back istiod comes back, on its CA from Vault", async ({ rig, traffic }) => {
      const cluster = rig.cluster("cluster1");
      await traffic.unbroken(async () => {
        await scaleInjector(cluster, 1);
        const pod = await readyIstiod(cluster, 240);
        assert.match(await cluster.log(pod, "discovery"), /Issuer: "CN=Root CA,O=Istio"/);
      });
    });
    step(
      "a pod the injector no longer sees is stopped by the guard, and the old istiod serves on",
      async (world) => {
        const cluster = world.rig.cluster(THIRD_CLUSTER);
        const serving = await readyIstiod(cluster);
        await world.traffic.unbroken(async () => {
          await changePodTemplate(cluster, { metadata: { labels: { "istio-vault-injection": null } } });
          const stopped = await waitFor("a pod without an agent, stopped", 60, async () => {
            const pods = await istiodPods(cluster);
            return pods.find((pod) => pod.metadata.uid !== serving.metadata.uid && failedInit(pod));
          });
          assert.match(await cluster.log(stopped, guardOf(stopped).name), /\/vault\/secrets/);
          await delay(3);
          const pods = await istiodPods(cluster);
          assert.ok(pods.some((pod) => pod.metadata.uid === serving.metadata.uid && isReady(pod)));
        });
      },
    );
    step(
      "with every guard taken away by hand istiod signs for itself, and the others refuse what it signs: these checks can fail",
      async ({ rig, traffic }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        const other = rig.cluster("cluster1");
        const [server] = await other.pods(TRAFFIC_NAMESPACE, "app=server");
        // What fails meanwhile is what this cluster is for; it is given up with what is to be destroyed.
        await traffic.during(async () => {
          await changePodTemplate(cluster, { spec: { initContainers: null } });
          await waitFor("a self-signed istiod", 120, async () => {
            const log = await cluster.log(await readyIstiod(cluster), "discovery");
            return log.includes("Use self-signed certificate as the CA certificate");
          });
          const { chain: cert, key } = await waitFor("a certificate", 60, () => signWorkload(cluster));
          const ca = await publishedRoots(other);
          await assert.rejects(meetEnvoy(server!, 8080, { ca, cert, key }), /alert/);
          await traffic.stop();
        });
      },
    );
  });
}

async function replicaFailure(cluster: Cluster): Promise<string | undefined> {
  const { items } = await cluster.get<V1ReplicaSetList>(`replicasets -n ${ISTIO_NAMESPACE} -l app=istiod`);
  const conditions = items.flatMap(({ status }) => status?.conditions ?? []);
  return conditions.find(({ type }) => type === "ReplicaFailure")?.message;
}

async function changePodTemplate(cluster: Cluster, template: object): Promise<void> {
  const patch = JSON.stringify({ spec: { template } });
  await cluster.kubectl([
    "patch",
    "deployment",
    "istiod",
    "-n",
    ISTIO_NAMESPACE,
    "--type=merge",
    "-p",
    patch,
  ]);
}
