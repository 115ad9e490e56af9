import assert from "node:assert/strict";
import { approleCredential } from "../../approle";
import type { Check } from "../../checks";
import { PlanOutcome, VAULT_STACK } from "../../deployment";
import { deletePod, guardOf, readyIstiod } from "../../istiod";
import { IstioVault } from "../../istio-vault";
import { isReady } from "../../kubernetes-objects";
import { waitFor } from "../../../wait";
import { signWorkload } from "../../workload-certificate";
import { adoptedMesh, CLUSTERS } from "./meshes";
import type { AdoptedClusters } from "./state";

const WEBHOOK =
  "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/vault-inject-agent-injector-cfg";

export function clusterChecks(adopted: () => AdoptedClusters): Check[] {
  return [
    {
      name: "each plan imports two namespaces and three releases, adds the Secret with Vault's CA, and destroys and replaces nothing",
      run: async ({ deployment }) => {
        for (const name of CLUSTERS) {
          const { text } = await deployment.plan(name);
          assert.match(text, /^Plan: 5 to import, 1 to add, \d+ to change, 0 to destroy\.$/m);
        }
      },
    },
    {
      name: "they deploy, and fail closed from then on",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        await deployment.deploy(...CLUSTERS);
        for (const name of CLUSTERS) {
          const cluster = rig.cluster(name);
          const { webhooks } = await cluster.api.get<{ webhooks: { failurePolicy: string }[] }>(WEBHOOK);
          assert.deepEqual(
            webhooks.map(({ failurePolicy }) => failurePolicy),
            ["Fail"],
          );
          guardOf(await readyIstiod(cluster, 120));
        }
      },
    },
    {
      name: "istio-vault issue --due finds the intermediates made by hand due, and replaces them under the same root",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const issuer = new IstioVault(rig, deployment, await approleCredential(rig));
        const { clusters } = JSON.parse(await issuer.output(["issue", "--due", "-o", "json"]));
        assert.deepEqual(
          clusters.map(({ result, reason }: Record<string, unknown>) => [result, reason]),
          CLUSTERS.map(() => ["issued", "version 1 was written without an issuer's record"]),
        );
        await adopted().renewed();
      },
    },
    {
      name: "without the reader's token, binding and key, a new istiod logs in by its own token and starts",
      run: async ({ rig }) => {
        for (const name of CLUSTERS) {
          const { commands } = adopted();
          await commands.kubectl(name, ["-n", "istio-system", "delete", "secret", "istiod"]);
          await commands.kubectl(name, ["delete", "clusterrolebinding", "role-tokenreview-binding"]);
          const versions = [`-mount=kubernetes-${name}-secrets`, "-versions=1"];
          await commands.vault(["kv", "destroy", ...versions, "istiod-service/certs"]);
        }
        const cluster = rig.cluster("cluster2");
        const old = await readyIstiod(cluster);
        await cluster.scale("istio-system", "istiod", "app=istiod", 2);
        await waitFor("a second istiod", 120, async () => {
          const pods = await cluster.pods("istio-system", "app=istiod");
          return (
            pods.length === 2 && pods.every((pod) => pod.metadata.uid === old.metadata.uid || isReady(pod))
          );
        });
        await deletePod(cluster, old);
      },
    },
    {
      name: "proxies from before, which know no name of their cluster, are served; one of another cluster is not",
      run: async ({ rig }) => {
        const { directory, api } = rig.cluster("cluster1");
        await signWorkload({ name: "cluster1", directory, api }, "default", "default");
        await assert.rejects(signWorkload({ name: "cluster9", directory, api }, "default", "default"));
      },
    },
    {
      name: "without adopt: true every plan is still empty",
      run: async ({ deployment }) => {
        deployment.configure(adoptedMesh(adopted().byHand.rootCertificate, false));
        await deployment.synth();
        for (const stack of [VAULT_STACK, ...CLUSTERS]) {
          const { outcome, text } = await deployment.plan(stack);
          assert.equal(outcome, PlanOutcome.EMPTY, text);
        }
      },
    },
    {
      name: "both served from first to last; workloads of any time and cluster accept each other",
      run: async () => adopted().end([1, 3]),
    },
  ];
}
