import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Part } from "../checks";
import { type Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { ISTIO_NAMESPACE, ISTIOD_DEPLOYMENT } from "../istiod";
import type { KubernetesObject } from "../../kubernetes-objects";
import type { VaultServer } from "../../vault-server";
import { waitFor } from "../../wait";
import { workload } from "./istiod-on-vault";
import { FIRST_CLUSTERS, twoClusters } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

/** Where Helm keeps the release it had not finished: removed by hand, for Terraform does not know of it. */
const UNFINISHED_RELEASE = `/api/v1/namespaces/${ISTIO_NAMESPACE}/secrets/sh.helm.release.v1.istio-istiod.v1`;

export const interruptedDeploy: Part = {
  name: "a deploy killed half-way",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "killed while Vault makes secrets, vault-root converges when deployed again",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        deployment.configure(twoClusters);
        await killedDeploy(
          deployment,
          VAULT_STACK,
          requested(rig.vault, "istio-root-a/issuers/generate/root/internal"),
        );
        await deployment.deploy(VAULT_STACK);
        assert.equal((await deployment.plan(VAULT_STACK)).outcome, PlanOutcome.EMPTY);
      },
    },
    {
      name: "killed while Helm installs istiod, a cluster converges once the unfinished release is forgotten",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const { api } = rig.cluster("cluster1");
        const installing = async () => (await api.find(ISTIOD_DEPLOYMENT)) !== undefined;
        await killedDeploy(deployment, "cluster1", installing);
        const release = await api.get<KubernetesObject>(UNFINISHED_RELEASE);
        assert.equal(release.metadata.labels?.status, "pending-install");
        assert.notEqual((await deployment.tryDeploy(["cluster1"])).code, 0, "Helm took the name again");
        await api.delete(UNFINISHED_RELEASE);
        await deployment.deploy("cluster1");
        assert.equal((await deployment.plan("cluster1")).outcome, PlanOutcome.EMPTY);
      },
    },
    {
      name: "the mesh is whole: the other cluster deploys, workloads accept each other",
      run: async ({ rig, deployment }) => {
        await deployment.deploy("cluster2");
        const [one, two] = await Promise.all(FIRST_CLUSTERS.map((name) => workload(rig.cluster(name))));
        await handshake(one!, two!);
        await handshake(two!, one!);
      },
    },
  ],
};

/** Starts a deploy, and kills it and all it started as soon as `moment` has come. */
async function killedDeploy(
  deployment: Deployment,
  stack: string,
  moment: () => Promise<boolean>,
): Promise<void> {
  const kill = new AbortController();
  let ended = false;
  const deploying = deployment.tryDeploy([stack], kill.signal).finally(() => (ended = true));
  await waitFor("the moment to kill the deploy", 120, async () => ended || (await moment()));
  kill.abort();
  assert.notEqual((await deploying).code, 0, "the deploy came to its end before it was killed");
}

/** Whether Vault was asked for this path since now. */
function requested(vault: VaultServer, path: string): () => Promise<boolean> {
  const from = readFileSync(vault.auditLog).length;
  return async () => readFileSync(vault.auditLog).subarray(from).includes(`"path":"${path}"`);
}
