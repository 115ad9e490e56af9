import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Part } from "../checks";
import { type Deployment, PlanOutcome, VAULT_STACK } from "../deployment";
import { handshake } from "../handshake";
import { ISTIO_NAMESPACE, ISTIOD_DEPLOYMENT } from "../istiod";
import type { KubernetesObject } from "../kubernetes-objects";
import { shellBlock } from "../page-commands";
import { vaultCli } from "../vault-cli";
import type { VaultServer } from "../vault-server";
import { waitFor } from "../wait";
import { workload } from "./istiod-on-vault";
import { FIRST_CLUSTERS, twoClusters } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

const MOUNT = "istio-root-a";

/** Where Helm keeps the release it had not finished: removed by hand, for Terraform does not know of it. */
const UNFINISHED_RELEASE = `/api/v1/namespaces/${ISTIO_NAMESPACE}/secrets/sh.helm.release.v1.istio-istiod.v1`;

export const interruptedDeploy: Part = {
  name: "a deploy killed half-way",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "killed while Vault makes a root, vault-root fails: Vault has a root that Terraform does not know",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        deployment.configure(twoClusters);
        await killedDeploy(
          deployment,
          VAULT_STACK,
          requested(rig.vault, `${MOUNT}/issuers/generate/root/internal`),
        );
        // If the kill came before Vault's own work was done, the root is made now: the worse of the two is tried.
        await rig.vault.client.send("POST", `${MOUNT}/issuers/generate/root/internal`, {
          token: rig.vault.rootToken,
          content: { issuer_name: "a", common_name: "unknown to Terraform" },
        });
        const { code, stdout, stderr } = await deployment.tryDeploy([VAULT_STACK]);
        assert.notEqual(code, 0);
        assert.ok((stdout + stderr).includes("issuer name already in use"), stderr);
      },
    },
    {
      name: "that root has signed nothing and is removed; vault-root converges",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const [list, remove] = shellBlock("docs/recovery.md", `${MOUNT}/certs`)
          .split("\n")
          .map((line) => line.split(" ").slice(1));
        const listed = await vaultCli(rig, list!);
        assert.equal(listed.match(/([0-9a-f]{2}:){9,}/g)?.length, 1, listed);
        await vaultCli(rig, remove!);
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
