import assert from "node:assert/strict";
import type { Part } from "../checks";
import type { Cluster } from "../cluster";
import { scaleInjector } from "../injector";
import {
  deletePod,
  guardOf,
  ISTIO_NAMESPACE,
  ISTIOD_DEPLOYMENT,
  istiodPods,
  readLog,
  readyIstiod,
} from "../istiod";
import { isReady, type KubernetesObject, type Pod } from "../../kubernetes-objects";
import { delay, waitFor } from "../../wait";
import { THIRD_CLUSTER } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const injectorDown: Part = {
  name: "guards, one after the other",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "with the injector down no istiod pod is created, while an unlabelled pod is",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        await scaleInjector(cluster, 0);
        await deletePod(cluster, await readyIstiod(cluster));
        const reason = await waitFor("a refusal of istiod's pod", 60, () => replicaFailure(cluster));
        assert.match(reason, /vault\.hashicorp\.com/);
        await createUnlabelledPod(cluster);
        assert.deepEqual(await istiodPods(cluster), []);
      },
    },
    {
      name: "with the injector back istiod comes back, on its CA from Vault",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        await scaleInjector(cluster, 2);
        const pod = await readyIstiod(cluster, 120);
        assert.match(readLog(cluster, pod, "discovery"), /Issuer: "CN=Root CA,O=Istio"/);
      },
    },
    {
      name: "a pod the injector no longer sees is stopped by the guard, and the old istiod serves on",
      run: async ({ rig }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        const serving = await readyIstiod(cluster);
        await changePodTemplate(cluster, { metadata: { labels: { "istio-vault-injection": null } } });
        const stopped = await waitFor("a pod without an agent, stopped", 60, async () => {
          const pods = await istiodPods(cluster);
          return pods.find((pod) => pod.metadata.uid !== serving.metadata.uid && failedInit(pod));
        });
        assert.ok(!isReady(stopped));
        assert.match(readLog(cluster, stopped, guardOf(stopped).name), /\/vault\/secrets/);
        await delay(3);
        const pods = await istiodPods(cluster);
        assert.ok(pods.some((pod) => pod.metadata.uid === serving.metadata.uid && isReady(pod)));
      },
    },
    {
      name: "with every guard taken away by hand istiod signs for itself: these checks can fail",
      run: async ({ rig }) => {
        const cluster = rig.cluster(THIRD_CLUSTER);
        await changePodTemplate(cluster, { spec: { initContainers: null } });
        await waitFor("a self-signed istiod", 120, async () => {
          const pod = await readyIstiod(cluster);
          return readLog(cluster, pod, "discovery").includes(
            "Use self-signed certificate as the CA certificate",
          );
        });
      },
    },
  ],
};

interface ReplicaSet extends KubernetesObject {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly message: string }[] };
}

async function replicaFailure(cluster: Cluster): Promise<string | undefined> {
  const path = `/apis/apps/v1/namespaces/${ISTIO_NAMESPACE}/replicasets?labelSelector=app%3Distiod`;
  const sets = await cluster.api.list<ReplicaSet>(path);
  const conditions = sets.flatMap(({ status }) => status.conditions ?? []);
  return conditions.find(({ type }) => type === "ReplicaFailure")?.message;
}

async function createUnlabelledPod(cluster: Cluster): Promise<void> {
  await cluster.api.create(`/api/v1/namespaces/${ISTIO_NAMESPACE}/pods`, {
    metadata: { name: "unlabelled" },
    spec: { containers: [{ name: "main", image: "example.com/main" }] },
  });
}

function changePodTemplate(cluster: Cluster, template: object): Promise<void> {
  return cluster.api.patch(ISTIOD_DEPLOYMENT, { spec: { template } });
}

function failedInit(pod: Pod): boolean {
  return (pod.status.initContainerStatuses ?? []).some(({ state, lastState }) =>
    [state.terminated, lastState?.terminated].some((end) => end !== undefined && end.exitCode !== 0),
  );
}
