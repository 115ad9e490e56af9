import assert from "node:assert/strict";
import { PlanOutcome, VAULT_STACKS } from "../../deployment";
import { istiodPods, readyIstiod } from "../../istiod";
import { renewedMesh } from "../../meshes";
import { TOKEN_ISSUER } from "../../nodes/node";
import { check, part, type World } from "../../scenario";
import { waitFor } from "../../wait";

const CLUSTER = "cluster2";
const REVIEWER = "vault-token-reviewer";

/** cluster2 changes how its pods log in to Vault, while the mesh serves. */
export function loginMethods(): void {
  part("other ways to log in", () => {
    check(
      "istiod logs in by Vault's JWT method, by the cluster's public keys; a second plan is empty",
      (world) =>
        deploy(world, {
          method: "jwt",
          issuer: TOKEN_ISSUER,
          publicKeysFile: world.rig.cluster(CLUSTER).tokenKeyFile,
        }),
    );
    check("by a token reviewer of its own and a custom audience; a second plan is empty", async (world) => {
      const cluster = world.rig.cluster(CLUSTER);
      await cluster.kubectl(`create serviceaccount ${REVIEWER} -n kube-system`);
      const rights = `--clusterrole=system:auth-delegator --serviceaccount=kube-system:${REVIEWER}`;
      await cluster.kubectl(`create clusterrolebinding ${REVIEWER} ${rights}`);
      const token = await cluster.token({ namespace: "kube-system", serviceAccount: REVIEWER });
      world.deployment.variables = { [`TF_VAR_${CLUSTER}_token_reviewer_jwt`]: token };
      await deploy(world, { method: "kubernetes", reviewer: "variable", audience: "vault" });
    });
    check("and back to the pod's own token as reviewer", async (world) => {
      world.deployment.variables = {};
      await deploy(world, undefined);
      const cluster = world.rig.cluster(CLUSTER);
      await cluster.kubectl(`delete serviceaccount ${REVIEWER} -n kube-system`);
      await cluster.kubectl(`delete clusterrolebinding ${REVIEWER}`);
    });
    check("where the kubeconfig has no such context, the plan says so", async ({ rig, deployment }) => {
      const kubeconfig = { file: rig.cluster(CLUSTER).kubeconfig, context: "elsewhere" };
      deployment.configure(withCluster({ kubeconfig }));
      await deployment.synth();
      const { outcome, text } = await deployment.plan(CLUSTER);
      deployment.configure(renewedMesh);
      await deployment.synth();
      assert.equal(outcome, PlanOutcome.ERROR, text);
      assert.match(text, /context "elsewhere" does not exist/);
    });
  });
}

async function deploy({ rig, deployment, traffic }: World, vaultAuth: object | undefined): Promise<void> {
  const cluster = rig.cluster(CLUSTER);
  const before = new Set((await istiodPods(cluster)).map((pod) => pod.metadata.uid));
  await traffic.unbroken(async () => {
    deployment.configure(withCluster(vaultAuth === undefined ? {} : { vaultAuth }));
    await deployment.deploy(VAULT_STACKS);
    await deployment.deploy(CLUSTER);
    await waitFor("an istiod that logged in anew", 60, async () => {
      return !before.has((await readyIstiod(cluster)).metadata.uid);
    });
  });
  await deployment.requireEmptyPlan(VAULT_STACKS, CLUSTER);
}

function withCluster(settings: object) {
  return { ...renewedMesh, overrides: { ...renewedMesh.overrides, [CLUSTER]: settings } };
}
