import assert from "node:assert/strict";
import type { Part } from "../checks";
import { VAULT_STACK } from "../deployment";
import { inventory } from "../../inventory";
import type { VaultClient } from "../../vault-client";
import { ALL_CLUSTERS, renewedMesh } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const destroy: Part = {
  name: "destroy",
  needs: MESH_NEEDS,
  foundation: true,
  checks: [
    {
      name: "vault-root is not destroyed without the explicit flag, and stays whole",
      run: async ({ rig, deployment }) => {
        assert.match(await deployment.destroyPlan(VAULT_STACK), /instance cannot be destroyed/i);
        await assert.rejects(deployment.destroy(VAULT_STACK));
        const mounts = await vaultObjects(rig.vault.client, rig.vault.rootToken);
        assert.ok(mounts.includes("mount istio-root-a/"));
      },
    },
    {
      name: "the clusters' stacks are destroyed",
      prerequisite: true,
      run: async ({ deployment }) => deployment.destroy(...ALL_CLUSTERS),
    },
    {
      name: "each cluster keeps Istio's CRDs and the ConfigMaps istiod publishes its roots in, and nothing else",
      run: async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const left = [...(await inventory(cluster.api))].filter((object) => !cluster.before.has(object));
          const kept = left.filter((object) => !isIstiosRemainder(object));
          assert.deepEqual(kept, [], cluster.name);
          assert.ok(left.includes("configmaps default/istio-ca-root-cert"));
        }
      },
    },
    {
      name: "with preventDestroy: false vault-root is destroyed",
      prerequisite: true,
      run: async ({ deployment }) => {
        deployment.configure({ ...renewedMesh, preventDestroy: false });
        await deployment.destroy(VAULT_STACK);
      },
    },
    {
      name: "Vault keeps no mount, auth method or policy of the mesh",
      run: async ({ rig }) => {
        const left = await vaultObjects(rig.vault.client, rig.vault.rootToken);
        assert.deepEqual(left, BUILT_IN);
      },
    },
  ],
};

/** What a Vault has from its first start. */
const BUILT_IN = [
  "auth token/",
  "mount cubbyhole/",
  "mount identity/",
  "mount sys/",
  "policy default",
  "policy root",
];

function isIstiosRemainder(object: string): boolean {
  return (
    /^customresourcedefinitions \/.+\.istio\.io$/.test(object) ||
    // The second holds revocations; istiod publishes it beside the first since 1.27.
    /^configmaps .+\/istio-ca-(root-cert|crl)$/.test(object)
  );
}

async function vaultObjects(client: VaultClient, token: string): Promise<string[]> {
  const [mounts, auths, policies] = await Promise.all([
    client.require("GET", "sys/mounts", { token }),
    client.require("GET", "sys/auth", { token }),
    client.require("LIST", "sys/policies/acl", { token }),
  ]);
  return [
    ...Object.keys(auths.data).map((path) => `auth ${path}`),
    ...Object.keys(mounts.data).map((path) => `mount ${path}`),
    ...(policies.data.keys as string[]).map((name) => `policy ${name}`),
  ].sort();
}
