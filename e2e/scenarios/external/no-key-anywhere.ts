import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { check, part, step } from "../../scenario";
import { VAULT_STACKS } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { KeySearch, privateKeysIn } from "../../key-search";
import type { Rig } from "../../rig";
import { storedValues } from "../../stored-values";
import { FIRST_CLUSTERS } from "../../meshes";
import { agentFile, readyIstiod } from "../../istiod";
import { UNDER_EXISTING, UNDER_OFFLINE } from "./other-roots";

/** Every key that was ever in use here is searched for: the first, the renewed, the interrupted ones. */
export function noKeyAnywhere(): void {
  part("no key outside of Vault and the memory of pods", () => {
    step("the search finds keys where they are: in the memory of pods", async ({ rig }) => {
      const search = await keySearch(rig);
      for (const name of FIRST_CLUSTERS) {
        const cluster = rig.cluster(name);
        const key = await agentFile(cluster, await readyIstiod(cluster), "ca-key.pem");
        assert.ok(search.finds(Buffer.from(key)), name);
      }
    });
    check("no state holds a private key of any kind", async ({ deployment }) => {
      for (const stack of [...deployment.stacksOf(VAULT_STACKS), ...FIRST_CLUSTERS]) {
        assert.deepEqual(privateKeysIn(deployment.state(stack)), [], stack);
      }
    });
    check("no plan file of any stack holds one", async ({ rig, deployment }) => {
      const search = await keySearch(rig);
      for (const stack of [...deployment.stacksOf(VAULT_STACKS), ...FIRST_CLUSTERS]) {
        const found = await deployment.withPlanFile(
          stack,
          async (path) => await search.filesWithKeys(path, () => false),
        );
        assert.deepEqual(found, [], stack);
      }
    });
    check(
      "no file of the run holds one: states and their backups, cdktf.out, logs, Vault's audit log and data, etcd's data, temporary files",
      async ({ rig }) => {
        const search = await keySearch(rig);
        assert.deepEqual(await search.filesWithKeys(rig.directory, isOfImage), []);
      },
    );
    check(
      "no Secret or ConfigMap holds one, Helm releases unpacked; no cluster has the Secret of a self-signed istiod",
      async ({ rig }) => {
        const search = await keySearch(rig);
        for (const name of FIRST_CLUSTERS) {
          const values = await storedValues(rig.cluster(name));
          assert.ok(values.some(([key]) => key.includes("sh.helm.release.v1.istio-istiod")));
          const found = values.filter(([, value]) => search.finds(value)).map(([key]) => key);
          assert.deepEqual(found, [], name);
          assert.ok(!values.some(([key]) => key.includes("istio-ca-secret")), name);
        }
      },
    );
  });
}

async function keySearch(rig: Rig): Promise<KeySearch> {
  const issuedFor = [...FIRST_CLUSTERS, UNDER_EXISTING, UNDER_OFFLINE];
  const keys = await Promise.all(issuedFor.map((name) => new IntermediateSecret(rig, name).keys()));
  return new KeySearch(keys.flat());
}

/** What comes from images, which are links, does not change. */
function isOfImage(path: string): boolean {
  const status = lstatSync(path);
  return status.isFile() && status.nlink > 1;
}
