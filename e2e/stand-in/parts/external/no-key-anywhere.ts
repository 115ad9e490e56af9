import assert from "node:assert/strict";
import { relative } from "node:path";
import type { Part } from "../../checks";
import { VAULT_STACK } from "../../deployment";
import { IntermediateSecret } from "../../intermediate-secret";
import { KeySearch, privateKeysIn } from "../../../key-search";
import type { Rig } from "../../rig";
import { storedValues } from "../../stored-values";
import { MESH_NEEDS } from "../needs";
import { CLUSTERS } from "./mesh";
import { UNDER_EXISTING, UNDER_OFFLINE } from "./other-roots";

/** Every key that was ever in use here is searched for: the first, the renewed, the interrupted ones. */
export const noKeyAnywhere: Part = {
  name: "no key outside of Vault and the memory of pods",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the search finds keys where they are: in the memory volumes of pods",
      prerequisite: true,
      run: async ({ rig }) => {
        const search = await keySearch(rig);
        assert.notDeepEqual(await search.filesWithKeys(rig.directory, () => false), []);
      },
    },
    {
      name: "no state holds a private key of any kind",
      run: async ({ deployment }) => {
        for (const stack of [VAULT_STACK, ...CLUSTERS]) {
          assert.deepEqual(privateKeysIn(deployment.state(stack)), [], stack);
        }
      },
    },
    {
      name: "no plan file of any stack holds one",
      run: async ({ rig, deployment }) => {
        const search = await keySearch(rig);
        for (const stack of [VAULT_STACK, ...CLUSTERS]) {
          const found = await deployment.withPlanFile(
            stack,
            async (path) => await search.filesWithKeys(path, () => false),
          );
          assert.deepEqual(found, [], stack);
        }
      },
    },
    {
      name: "no file of the run holds one: states and their backups, cdktf.out, logs, Vault's audit log and data, etcd's data, temporary files",
      run: async ({ rig }) => {
        const search = await keySearch(rig);
        const isPodMemory = (path: string) =>
          /^[^/]+\/pods\/[^/]+\/volumes$/.test(relative(rig.directory, path));
        assert.deepEqual(await search.filesWithKeys(rig.directory, isPodMemory), []);
      },
    },
    {
      name: "no Secret or ConfigMap holds one, Helm releases unpacked; no cluster has the Secret of a self-signed istiod",
      run: async ({ rig }) => {
        const search = await keySearch(rig);
        for (const name of CLUSTERS) {
          const values = await storedValues(rig.cluster(name));
          assert.ok(values.some(([key]) => key.includes("sh.helm.release.v1.istio-istiod")));
          const found = values.filter(([, value]) => search.finds(value)).map(([key]) => key);
          assert.deepEqual(found, [], name);
          assert.ok(!values.some(([key]) => key.includes("istio-ca-secret")), name);
        }
      },
    },
  ],
};

async function keySearch(rig: Rig): Promise<KeySearch> {
  const issuedFor = [...CLUSTERS, UNDER_EXISTING, UNDER_OFFLINE];
  const keys = await Promise.all(issuedFor.map((name) => new IntermediateSecret(rig, name).keys()));
  return new KeySearch(keys.flat());
}
