import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Check, Part } from "../../checks";
import { tryContainer } from "../../container-trial";
import { callGateway, GATEWAY_FILES, readyGateway } from "../../gateway";
import { scaleInjector } from "../../injector";
import { deletePod, guardOf, readLog } from "../../istiod";
import { isReady, type Pod } from "../../kubernetes-objects";
import type { Rig } from "../../rig";
import { waitFor } from "../../../wait";
import { GATEWAY_NEEDS } from "../needs";
import { INGRESS, ingressCall } from "./settings";

const PODS = `/api/v1/namespaces/${INGRESS}/pods`;
const DEPLOYMENT = `/apis/apps/v1/namespaces/${INGRESS}/deployments/${INGRESS}`;

export const gatewaysGuards: Part = {
  name: "gateways without their certificate",
  needs: GATEWAY_NEEDS,
  checks: [
    {
      name: "the guard passes with the three files",
      run: async ({ rig }) => assert.equal(await tryGuard(rig, () => {}), 0),
    },
    ...GATEWAY_FILES.flatMap((file) => [
      guardRefuses(file, "missing", (path) => rmSync(path)),
      guardRefuses(file, "empty", (path) => truncateSync(path)),
    ]),
    {
      name: "with the injector down a gateway's pod is refused, and an unlabelled one beside it is not",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const { metadata, spec } = await readyGateway(cluster, INGRESS, INGRESS);
        const { labels, annotations } = metadata;
        const pod = (name: string, own: object) => ({
          metadata: { name, labels: own, annotations },
          spec: {
            containers: [{ name: "main", image: "example.com/main" }],
            serviceAccountName: spec.serviceAccountName,
          },
        });
        await scaleInjector(cluster, 0);
        await assert.rejects(cluster.api.create(PODS, pod("labelled", labels!)), /vault\.hashicorp\.com/);
        await cluster.api.create(PODS, pod("unlabelled", {}));
        // The gateway that runs has no need of it.
        await callGateway(cluster, await ingressCall(rig, "cluster2"));
        await cluster.api.delete(`${PODS}/unlabelled`);
      },
    },
    {
      name: "with the injector back a new pod of the gateway serves",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        await scaleInjector(cluster, 2);
        const before = await readyGateway(cluster, INGRESS, INGRESS);
        await deletePod(cluster, before);
        const after = await waitFor("a new pod of the gateway", 120, async () => {
          const pod = await readyGateway(cluster, INGRESS, INGRESS);
          return pod.metadata.uid !== before.metadata.uid && pod;
        });
        assert.ok(isReady(after));
        await callGateway(cluster, await ingressCall(rig, "cluster2"));
      },
    },
    {
      name: "a pod the injector no longer sees is stopped by the guard, and the old gateway serves on",
      run: async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const serving = await readyGateway(cluster, INGRESS, INGRESS);
        await cluster.api.patch(DEPLOYMENT, {
          spec: { template: { metadata: { labels: { "istio-vault-injection": null } } } },
        });
        const stopped = await waitFor("a pod without an agent, stopped", 60, async () => {
          const pods = await cluster.pods(INGRESS, `app=${INGRESS}`);
          return pods.find((pod) => pod.metadata.uid !== serving.metadata.uid && failedInit(pod));
        });
        assert.match(readLog(cluster, stopped, guardOf(stopped).name), /\/vault\/secrets/);
        await callGateway(cluster, await ingressCall(rig, "cluster2"));
      },
    },
  ],
};

function guardRefuses(file: string, state: string, change: (path: string) => void): Check {
  return {
    name: `the guard ends the start with ${file} ${state}`,
    run: async ({ rig }) =>
      assert.equal(await tryGuard(rig, (directory) => change(join(directory, file))), 1),
  };
}

/** Runs the guard of a gateway's pod once more, on changed files; its exit code. */
async function tryGuard(rig: Rig, change: (directory: string) => void): Promise<number> {
  const cluster = rig.cluster("cluster1");
  const pod = await readyGateway(cluster, INGRESS, INGRESS);
  const guard = guardOf(pod);
  const mount = guard.volumeMounts?.find(({ mountPath }) => mountPath === "/vault/secrets");
  assert.ok(mount, "the guard does not see /vault/secrets");
  const trial = await tryContainer(cluster, rig.programs, pod, guard, (volumes) =>
    change(volumes.path(mount.name)),
  );
  return trial.exitCode;
}

function failedInit(pod: Pod): boolean {
  return (pod.status.initContainerStatuses ?? []).some(({ state, lastState }) =>
    [state.terminated, lastState?.terminated].some((end) => end !== undefined && end.exitCode !== 0),
  );
}
