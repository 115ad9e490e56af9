import assert from "node:assert/strict";
import type { Cluster, Pod } from "../cluster";
import { VAULT_STACKS } from "../deployment";
import { ISTIO_NAMESPACE, istiodPods } from "../istiod";
import { istioSection, type MeshSettings } from "../mesh-file";
import type { Node } from "../nodes/node";
import type { Rig } from "../rig";
import { timed } from "../note";
import { part, scenario, step } from "../scenario";
import { waitFor } from "../wait";
import { signWorkload } from "../workload-certificate";

const CLUSTER = "cluster1";
const ISTIOD = { namespace: ISTIO_NAMESPACE, labels: "app=istiod" };
const INJECTOR = { namespace: "vault", labels: "app.kubernetes.io/name=vault-agent-injector" };

/** A file on the second node's disk. */
const FILLER = "/var/lib/kubelet/filler";

/** The one that is drained and lost; clients and servers are on the other. */
let second: Node;

/** docs/recovery.md: nodes are drained and lost, with one istiod and one injector of two. */
scenario({ clusters: [CLUSTER] }, () => {
  part("a cluster of two nodes", () => {
    step("the mesh deploys, with an istiod and an injector on each", async ({ rig, deployment, traffic }) => {
      const cluster = rig.cluster(CLUSTER);
      second = await cluster.addNode("512m");
      deployment.configure(replicated(rig, 1));
      await deployment.deploy(VAULT_STACKS);
      await deployment.deploy(CLUSTER);
      await cluster.kubectl(`cordon ${second.name}`);
      await traffic.start([cluster]);
      await cluster.kubectl(`uncordon ${second.name}`);
      await spread(cluster);
    });
  });
  part("the second node is drained", () => {
    step("one of each stays ready, and no request fails", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        const cluster = rig.cluster(CLUSTER);
        const drain = `drain ${second.name} --ignore-daemonsets --delete-emptydir-data --timeout=240s`;
        await timed(() => cluster.kubectl(drain));
        for (const { namespace, labels } of [ISTIOD, INJECTOR]) await cluster.readyPods(namespace, labels, 2);
        await traffic.round();
      }),
    );
    step("it comes back", async ({ rig }) => {
      await rig.cluster(CLUSTER).kubectl(`uncordon ${second.name}`);
      await spread(rig.cluster(CLUSTER));
    });
  });
  part("the second node's disk is full", () => {
    step("its istiod and its injector start anew on the other, and no request fails", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        const { code, stderr } = await second.run(["fallocate", "--length=480MiB", FILLER]);
        assert.equal(code, 0, stderr);
        await timed(() => gathered(rig.cluster(CLUSTER)));
        await traffic.round();
      }),
    );
    step("it is used again once there is space, and failed pods are deleted", async ({ rig }) => {
      const cluster = rig.cluster(CLUSTER);
      await second.run(["rm", FILLER]);
      await spread(cluster);
      await cluster.kubectl(`delete pods -n ${ISTIO_NAMESPACE} --field-selector status.phase=Failed`);
    });
  });
  part("the second node is lost", () => {
    step("the istiod that is left signs, and no request fails", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        const cluster = rig.cluster(CLUSTER);
        await second.lose();
        await timed(() => waitFor("Kubernetes to see it", 120, async () => isTainted(cluster, second)));
        // kube-proxy follows a moment later.
        await waitFor("the Service to lead to the other istiod alone", 30, async () => {
          for (let count = 0; count < 10; count++) await signWorkload(cluster);
          return true;
        });
        await traffic.round();
      }),
    );
    step("new pods of workloads start, and no request fails", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        await timed(() => traffic.restartServer(rig.cluster(CLUSTER)));
        await traffic.round();
      }),
    );
    step("once the node is removed, there are two of each again", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        const cluster = rig.cluster(CLUSTER);
        await cluster.kubectl(`delete node ${second.name}`);
        await timed(async () => {
          for (const { namespace, labels } of [ISTIOD, INJECTOR])
            await cluster.readyPods(namespace, labels, 2);
        });
        await traffic.round();
      }),
    );
  });
  part("programs that fail", () => {
    step("both istiods are killed at once, and no request fails", ({ rig, traffic }) =>
      traffic.unbroken(async () => {
        const cluster = rig.cluster(CLUSTER);
        await cluster.kubectl(`delete pods -n ${ISTIO_NAMESPACE} -l app=istiod --force --grace-period=0`);
        await timed(() => cluster.readyPods(ISTIO_NAMESPACE, "app=istiod", 2));
        await traffic.round();
      }),
    );
    step(
      "with both agents halted istiods sign with what they have, and follow once the agents go on",
      ({ rig, deployment, traffic }) =>
        traffic.unbroken(async () => {
          const cluster = rig.cluster(CLUSTER);
          const before = await signer(cluster);
          const pods = await istiodPods(cluster);
          const resume = await Promise.all(pods.map((pod) => cluster.pause(pod, "vault-agent")));
          deployment.configure(replicated(rig, 2));
          await deployment.deploy(VAULT_STACKS);
          await traffic.round();
          assert.equal(await signer(cluster), before);
          for (const each of resume) await each();
          await timed(() =>
            waitFor("the new intermediate", 120, async () => (await signer(cluster)) !== before),
          );
          await traffic.round();
        }),
    );
  });
});

/** Two istiods, two injectors, and an intermediate of this generation. */
function replicated(rig: Rig, generation: number): MeshSettings {
  return {
    clusters: [CLUSTER],
    sections: {
      istio: istioSection(rig.istio, 2),
      injector: { chartsDirectory: rig.programs.chartsDirectory, replicas: 2 },
      intermediates: { issuance: "terraform", acceptKeysInState: true, generation },
    },
  };
}

/** Deletes one of two where both are on a node, until each node has one. */
async function spread(cluster: Cluster): Promise<void> {
  for (const { namespace, labels } of [ISTIOD, INJECTOR])
    await waitFor(`${labels} on both nodes`, 240, async () => {
      const pods = await cluster.readyPods(namespace, labels, 2);
      if (new Set(pods.map(nodeOf)).size === 2) return true;
      await cluster.kubectl(`delete pod ${pods[0]!.metadata.name} -n ${namespace}`);
      return false;
    });
}

/** Until the first node has two of each. */
async function gathered(cluster: Cluster): Promise<void> {
  for (const { namespace, labels } of [ISTIOD, INJECTOR])
    await waitFor(`two × ${labels} on the first node`, 240, async () =>
      (await cluster.readyPods(namespace, labels, 2)).every((pod) => nodeOf(pod) !== second.name),
    );
}

function nodeOf({ spec }: Pod): string {
  return spec.nodeName!;
}

/** Whether Kubernetes sends no more pods to a node: it has not heard of it for a while. */
async function isTainted({ core }: Cluster, { name }: Node): Promise<boolean> {
  const { spec } = await core.readNode({ name });
  return spec?.taints?.some(({ key }) => key === "node.kubernetes.io/unreachable") ?? false;
}

/** The intermediate by which istiod signs, as PEM. */
async function signer(cluster: Cluster): Promise<string> {
  return (await signWorkload(cluster)).chain.split(/(?=-----BEGIN)/)[1]!;
}
