import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Deployment, VAULT_STACKS } from "../../deployment";
import { ISTIO_NAMESPACE } from "../../istiod";
import { FIRST_CLUSTERS, twoClusters } from "../../meshes";
import { runCommands, shellBlock } from "../../page-commands";
import { part, step } from "../../scenario";
import type { VaultServer } from "../../vault-server";
import { waitFor } from "../../wait";

const MOUNT = "istio-root-a";

/** Where Helm keeps the release it had not finished: removed by hand, for Terraform does not know of it. */
const UNFINISHED_RELEASE = `secret sh.helm.release.v1.istio-istiod.v1 -n ${ISTIO_NAMESPACE}`;

export function interruptedDeploy(): void {
  part("a deploy killed half-way", () => {
    step(
      "killed while Vault makes a root, the deploy fails: Vault has a root that Terraform does not know",
      async ({ rig, deployment }) => {
        deployment.configure(twoClusters);
        const moment = requested(rig.vault, `${MOUNT}/issuers/generate/root/internal`);
        await killedDeploy(deployment, VAULT_STACKS, moment);
        // If the kill came before Vault's own work was done, the root is made now: the worse of the two is tried.
        await rig.vault.client.send("POST", `${MOUNT}/issuers/generate/root/internal`, {
          token: rig.vault.rootToken,
          content: { issuer_name: "a", common_name: "unknown to Terraform" },
        });
        const { code, stdout, stderr } = await deployment.tryDeploy([VAULT_STACKS]);
        assert.notEqual(code, 0);
        assert.ok((stdout + stderr).includes("issuer name already in use"), stderr);
      },
    );
    step("that root has signed nothing and is removed; the deploy converges", async ({ rig, deployment }) => {
      const [list, remove] = shellBlock("docs/recovery.md", `${MOUNT}/certs`).trim().split("\n");
      const [cluster] = rig.clusters;
      const listed = await runCommands(rig, cluster!, list!, rig.directory);
      assert.equal(listed.match(/([0-9a-f]{2}:){9,}/g)?.length, 1, listed);
      await runCommands(rig, cluster!, remove!, rig.directory);
      await deployment.deploy(VAULT_STACKS);
      await deployment.requireEmptyPlan(VAULT_STACKS);
    });
    step(
      "killed while Helm installs istiod, a cluster converges once the unfinished release is forgotten",
      async (world) => {
        const { rig, deployment } = world;
        const cluster = rig.cluster("cluster1");
        await killedDeploy(deployment, "cluster1", () =>
          cluster.exists(`deployment istiod -n ${ISTIO_NAMESPACE}`),
        );
        const status = await cluster.kubectl(
          `get ${UNFINISHED_RELEASE} -o jsonpath={.metadata.labels.status}`,
        );
        assert.equal(status, "pending-install");
        assert.notEqual((await deployment.tryDeploy(["cluster1"])).code, 0, "Helm took the name again");
        await cluster.kubectl(`delete ${UNFINISHED_RELEASE}`);
        await deployment.deploy("cluster1");
        await deployment.requireEmptyPlan("cluster1");
      },
    );
    step("the mesh is whole: the other cluster deploys, workloads accept each other", async (world) => {
      const { rig, deployment, traffic } = world;
      await deployment.deploy("cluster2");
      await traffic.start(FIRST_CLUSTERS.map((name) => rig.cluster(name)));
      await traffic.stop();
    });
  });
}

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
