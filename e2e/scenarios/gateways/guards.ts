import assert from "node:assert/strict";
import { failedInit, guardOf, requireGuarding, tryGuard } from "../../guard";
import { scaleInjector } from "../../injector";
import { deletePod } from "../../istiod";
import { check, part } from "../../scenario";
import { waitFor } from "../../wait";
import { readyGateway, served } from "./serving";
import { GATEWAY_FILES, INGRESS } from "./settings";

export function gatewaysGuards(): void {
  part("gateways without their certificate", () => {
    check(
      "the guard passes with the three files, and with none of them missing or empty",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster1");
        const guard = guardOf(await readyGateway(cluster, INGRESS));
        requireGuarding(await tryGuard(cluster, INGRESS, guard, GATEWAY_FILES), GATEWAY_FILES);
      },
    );
    check(
      "with the injector down a gateway's pod is refused, and an unlabelled one beside it is not",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const { metadata, spec } = await readyGateway(cluster, INGRESS);
        const { labels, annotations } = metadata;
        const pod = (name: string, own: object) => ({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace: INGRESS, labels: own, annotations },
          spec: {
            containers: [{ name: "main", image: "docker.io/library/busybox:1" }],
            serviceAccountName: spec.serviceAccountName,
          },
        });
        await scaleInjector(cluster, 0);
        await assert.rejects(cluster.apply(pod("labelled", labels!)), /vault\.hashicorp\.com/);
        await cluster.apply(pod("unlabelled", { "sidecar.istio.io/inject": "false" }));
        // The gateway that runs has no need of it.
        await served(rig, cluster);
        await cluster.kubectl(`delete pod unlabelled -n ${INGRESS}`);
      },
    );
    check("with the injector back a new pod of the gateway serves", async ({ rig }) => {
      const cluster = rig.cluster("cluster2");
      await scaleInjector(cluster, 1);
      const before = await readyGateway(cluster, INGRESS);
      await deletePod(cluster, before);
      const after = await readyGateway(cluster, INGRESS);
      assert.notEqual(after.metadata.uid, before.metadata.uid);
      await served(rig, cluster);
    });
    check(
      "a pod the injector no longer sees is stopped by the guard, and the old gateway serves on",
      async ({ rig }) => {
        const cluster = rig.cluster("cluster2");
        const serving = await readyGateway(cluster, INGRESS);
        const patch = { spec: { template: { metadata: { labels: { "istio-vault-injection": null } } } } };
        await cluster.kubectl([
          "patch",
          "deployment",
          INGRESS,
          "-n",
          INGRESS,
          "--type=merge",
          "-p",
          JSON.stringify(patch),
        ]);
        const stopped = await waitFor("a pod without an agent, stopped", 60, async () => {
          const pods = await cluster.pods(INGRESS, `app=${INGRESS}`);
          return pods.find((pod) => pod.metadata.uid !== serving.metadata.uid && failedInit(pod));
        });
        assert.match(await cluster.log(stopped, guardOf(stopped).name), /\/vault\/secrets/);
        await served(rig, cluster);
      },
    );
  });
}
