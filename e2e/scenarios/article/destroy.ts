import assert from "node:assert/strict";
import { VAULT_STACKS } from "../../deployment";
import { ALL_CLUSTERS, renewedMesh } from "../../meshes";
import { check, part, step } from "../../scenario";
import type { VaultServer } from "../../vault-server";

export function destroy(): void {
  part("destroy", () => {
    step(
      "Vault's stacks are not destroyed without the explicit flag, and stay whole",
      async ({ rig, deployment, traffic }) => {
        await traffic.stop();
        for (const stack of deployment.stacksOf(VAULT_STACKS)) {
          assert.match(await deployment.destroyPlan(stack), /instance cannot be destroyed/i);
          await assert.rejects(deployment.destroy(stack));
        }
        assert.ok((await vaultObjects(rig.vault)).includes("mount istio-root-a/"));
      },
    );
    step("the clusters' stacks are destroyed", ({ deployment }) => deployment.destroy(...ALL_CLUSTERS));
    check(
      "each cluster keeps Istio's CRDs and the ConfigMaps istiod publishes its roots in, and nothing else",
      async ({ rig }) => {
        for (const cluster of rig.clusters) {
          const left = [...(await cluster.inventory())].filter((object) => !cluster.before.has(object));
          assert.deepEqual(
            left.filter((object) => !isIstiosRemainder(object)),
            [],
            cluster.name,
          );
          assert.ok(left.includes("ConfigMap default/istio-ca-root-cert"));
        }
      },
    );
    step("with preventDestroy: false they are destroyed", async ({ deployment }) => {
      deployment.configure({ ...renewedMesh, preventDestroy: false });
      await deployment.destroy(VAULT_STACKS);
    });
    check("Vault keeps no mount, auth method or policy of the mesh", async ({ rig }) => {
      assert.deepEqual(await vaultObjects(rig.vault), BUILT_IN);
    });
  });
}

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
    /^CustomResourceDefinition \/.+\.istio\.io$/.test(object) ||
    // The second holds revocations; istiod publishes it beside the first since 1.27.
    /^ConfigMap .+\/istio-ca-(root-cert|crl)$/.test(object)
  );
}

async function vaultObjects(vault: VaultServer): Promise<string[]> {
  const [mounts, auths, policies] = await Promise.all([
    vault.ask("GET", "sys/mounts"),
    vault.ask("GET", "sys/auth"),
    vault.ask("LIST", "sys/policies/acl"),
  ]);
  return [
    ...Object.keys(auths.data).map((path) => `auth ${path}`),
    ...Object.keys(mounts.data).map((path) => `mount ${path}`),
    ...(policies.data.keys as string[]).map((name) => `policy ${name}`),
  ].sort();
}
