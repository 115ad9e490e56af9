import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Deployment, VAULT_STACKS } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { KeySearch, privateKeysIn } from "../../key-search";
import type { MeshSettings } from "../../mesh-file";
import { ALL_CLUSTERS, keysInState } from "../../meshes";
import type { Rig } from "../../rig";
import { check, part, step } from "../../scenario";
import { storedValues } from "../../stored-values";

export function keys(): void {
  part("where private keys are", () => {
    step(
      "the search finds keys where Terraform makes them: in its state, zipped, gzipped, base64, and in a plan",
      async ({ rig }) => {
        const control = new Deployment(rig, join(rig.directory, "keys-in-state"));
        control.configure(withKeysInState(rig));
        await control.deploy(VAULT_STACKS);
        const search = new KeySearch(await new IntermediateSecret(rig, CONTROL).keys());
        const state = Buffer.from(control.state(VAULT_STACKS));
        assert.ok(search.finds(state));
        assert.ok(search.finds(gzipSync(state)));
        assert.ok(search.finds(Buffer.from(gzipSync(state).toString("base64"))));
        assert.ok(
          await control.withPlanFile(`vault-${CONTROL}`, async (path) => search.finds(readFileSync(path))),
        );
        await control.destroy(VAULT_STACKS);
      },
    );
    check("no plan file of any stack holds one", async ({ rig, deployment }) => {
      const search = await keySearch(rig);
      for (const stack of [...deployment.stacksOf(VAULT_STACKS), ...ALL_CLUSTERS]) {
        const found = await deployment.withPlanFile(stack, (path) => search.filesWithKeys(path, () => false));
        assert.deepEqual(found, [], stack);
      }
    });
    check("no state holds a private key at all", async ({ rig, deployment }) => {
      const search = await keySearch(rig);
      for (const stack of [VAULT_STACKS, ...ALL_CLUSTERS]) {
        const state = deployment.state(stack);
        assert.ok(!search.finds(Buffer.from(state)), stack);
        assert.deepEqual(privateKeysIn(state), [], stack);
      }
    });
    check(
      "no file of the run holds one: states and their backups, cdktf.out, logs, etcd, Vault's audit log, containers' own files",
      async ({ rig }) => {
        const search = await keySearch(rig);
        assert.deepEqual(await search.filesWithKeys(rig.directory, isOfImage), []);
      },
    );
    check("no Secret or ConfigMap of a cluster holds one, Helm releases unpacked", async ({ rig }) => {
      const search = await keySearch(rig);
      for (const cluster of rig.clusters) {
        const values = await storedValues(cluster);
        assert.ok(values.some(([name]) => name.includes("sh.helm.release.v1.istio-istiod")));
        const found = values.filter(([, value]) => search.finds(value)).map(([name]) => name);
        assert.deepEqual(found, [], cluster.name);
      }
    });
    check("no cluster has the Secret of a self-signed istiod", async ({ rig }) => {
      for (const cluster of rig.clusters) {
        assert.equal(await cluster.exists("secret istio-ca-secret -n istio-system"), false, cluster.name);
      }
    });
  });
}

async function keySearch(rig: Rig): Promise<KeySearch> {
  const keys = await Promise.all(rig.clusters.map(({ name }) => new IntermediateSecret(rig, name).keys()));
  return new KeySearch(keys.flat());
}

const CONTROL = "control";

/** A mesh of one cluster that runs nowhere, with a root of its own. */
function withKeysInState({ vault }: Rig): MeshSettings {
  const cluster = {
    name: CONTROL,
    kubernetesHost: "https://192.0.2.1:6443",
    kubernetesCaCertificateFile: vault.caFile,
    kubeconfig: { context: CONTROL },
  };
  return {
    clusters: [],
    root: { name: CONTROL, source: "vault-pki", keyAlgorithm: "ecdsa-p256" },
    preventDestroy: false,
    sections: { ...keysInState, clusters: [cluster] },
  };
}

/** What comes from images, which are links, does not change. */
function isOfImage(path: string): boolean {
  const status = lstatSync(path);
  return status.isFile() && status.nlink > 1;
}
