import assert from "node:assert/strict";
import type { Check, Part } from "../checks";
import { TOKEN_ISSUER } from "../control-plane";
import { PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { istiodPods } from "../istiod";
import { isReady } from "../../kubernetes-objects";
import { waitFor } from "../../wait";
import type { World } from "../world";
import { workload } from "./istiod-on-vault";
import { renewedMesh } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const CLUSTER = "cluster2";
const REVIEWER = { namespace: "kube-system", name: "vault-token-reviewer" };
const SERVICE_ACCOUNTS = `/api/v1/namespaces/${REVIEWER.namespace}/serviceaccounts`;
const CLUSTER_ROLE_BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

/** cluster2 changes how its pods log in to Vault, while the mesh serves. */
export const loginMethods: Part = {
  name: "other ways to log in",
  needs: MESH_NEEDS,
  checks: [
    changesTo("Vault's JWT method, by the cluster's public keys", async ({ rig }) => ({
      method: "jwt",
      issuer: TOKEN_ISSUER,
      publicKeysFile: rig.cluster(CLUSTER).controlPlane.tokenKeyFile,
    })),
    changesTo("a token reviewer of its own and a custom audience", async (world) => {
      world.deployment.variables = { [`TF_VAR_${CLUSTER}_token_reviewer_jwt`]: await reviewerToken(world) };
      return { method: "kubernetes", reviewer: "variable", audience: "vault" };
    }),
    {
      name: "and back to the pod's own token as reviewer",
      run: async (world) => {
        world.deployment.variables = {};
        await deploy(world, undefined);
        await removeReviewer(world);
      },
    },
  ],
};

function changesTo(method: string, vaultAuth: (world: World) => Promise<object>): Check {
  return {
    name: `istiod logs in by ${method}; a second plan is empty`,
    run: async (world) => deploy(world, await vaultAuth(world)),
  };
}

async function deploy({ rig, deployment }: World, vaultAuth: object | undefined): Promise<void> {
  const cluster = rig.cluster(CLUSTER);
  const before = new Set((await istiodPods(cluster)).map((pod) => pod.metadata.uid));
  deployment.configure({
    ...renewedMesh,
    overrides: { ...renewedMesh.overrides, ...(vaultAuth && { [CLUSTER]: { vaultAuth } }) },
  });
  await deployment.deploy(VAULT_STACK);
  await deployment.deploy(CLUSTER);
  await waitFor("an istiod that logged in anew", 60, async () => {
    const pods = await istiodPods(cluster);
    return pods.length === 1 && isReady(pods[0]!) && !before.has(pods[0]!.metadata.uid);
  });
  for (const stack of [VAULT_STACK, CLUSTER]) {
    const { outcome, text } = await deployment.plan(stack);
    assert.equal(outcome, PlanOutcome.EMPTY, text);
  }
  await handshake(await workload(cluster), await workload(rig.cluster("cluster1")));
}

/** A token that may review others', as a cluster's administrator makes one. */
async function reviewerToken({ rig }: World): Promise<string> {
  const { api } = rig.cluster(CLUSTER);
  const { namespace, name } = REVIEWER;
  await api.create(SERVICE_ACCOUNTS, { metadata: { name } });
  await api.create(CLUSTER_ROLE_BINDINGS, {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  return api.token({ namespace, serviceAccount: name });
}

async function removeReviewer({ rig }: World): Promise<void> {
  const { api } = rig.cluster(CLUSTER);
  for (const collection of [SERVICE_ACCOUNTS, CLUSTER_ROLE_BINDINGS]) {
    await api.delete(`${collection}/${REVIEWER.name}`);
  }
}
