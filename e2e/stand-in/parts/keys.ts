import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Part } from "../checks";
import type { Cluster } from "../cluster";
import { VAULT_STACK } from "../deployment";
import { KeySearch, privateKeysIn } from "../../key-search";
import type { Rig } from "../rig";
import { storedValues } from "../stored-values";
import type { World } from "../world";
import { ALL_CLUSTERS } from "./mesh-settings";
import { MESH_NEEDS } from "./needs";

export const keys: Part = {
  name: "where private keys are",
  needs: MESH_NEEDS,
  checks: [
    {
      name: "the search finds keys where they are: the state of vault-root, zipped, gzipped, base64",
      prerequisite: true,
      run: async ({ rig, deployment }) => {
        const search = await keySearch(rig);
        const state = Buffer.from(deployment.state(VAULT_STACK));
        assert.ok(search.finds(state));
        assert.ok(search.finds(gzipSync(state)));
        assert.ok(search.finds(Buffer.from(gzipSync(state).toString("base64"))));
        assert.ok(
          await deployment.withPlanFile(VAULT_STACK, async (path) => search.finds(readFileSync(path))),
        );
      },
    },
    {
      name: "vault-root's state holds exactly the intermediates' keys",
      run: async ({ rig, deployment }) => {
        const inState = privateKeysIn(deployment.state(VAULT_STACK)).map((pem) => Buffer.from(pem));
        const searches = (await intermediateKeys(rig, "current")).map((pem) => new KeySearch([pem]));
        assert.equal(searches.length, ALL_CLUSTERS.length);
        for (const search of searches) assert.ok(inState.some((key) => search.finds(key)));
        for (const key of inState) assert.ok(searches.some((search) => search.finds(key)));
      },
    },
    {
      name: "a cluster's state holds no private key at all",
      run: async ({ rig, deployment }) => {
        const search = await keySearch(rig);
        for (const stack of ALL_CLUSTERS) {
          const state = deployment.state(stack);
          assert.ok(!search.finds(Buffer.from(state)), stack);
          assert.deepEqual(privateKeysIn(state), [], stack);
        }
      },
    },
    {
      name: "no other file of the run holds one: cdktf.out, logs, Vault's audit log, etcd's data",
      run: async (world) => {
        const { rig } = world;
        const search = await keySearch(rig);
        const found = search.filesWithKeys(rig.directory, (path) => mayHoldKeys(world, path));
        assert.deepEqual(found, []);
      },
    },
    {
      name: "no Secret or ConfigMap of a cluster holds one, Helm releases unpacked",
      run: async ({ rig }) => {
        const search = await keySearch(rig);
        for (const cluster of rig.clusters) {
          const values = await storedValues(cluster);
          assert.ok(values.some(([name]) => name.includes("sh.helm.release.v1.istio-istiod")));
          const found = values.filter(([, value]) => search.finds(value)).map(([name]) => name);
          assert.deepEqual(found, [], cluster.name);
        }
      },
    },
    {
      name: "no cluster has the Secret of a self-signed istiod",
      run: async ({ rig }) => {
        for (const { api, name } of rig.clusters) {
          const secret = await api.find("/api/v1/namespaces/istio-system/secrets/istio-ca-secret");
          assert.equal(secret, undefined, name);
        }
      },
    },
  ],
};

async function keySearch(rig: Rig): Promise<KeySearch> {
  return new KeySearch(await intermediateKeys(rig, "all"));
}

/** PEM of each cluster's CA key, as Vault has it. */
async function intermediateKeys(rig: Rig, versions: "current" | "all"): Promise<string[]> {
  const read = async (path: string) =>
    (await rig.vault.client.require("GET", path, { token: rig.vault.rootToken })).data;
  const keysOf = async ({ name }: Cluster): Promise<string[]> => {
    const mount = `kubernetes-${name}-secrets`;
    const path = `${mount}/data/istiod-service/certs`;
    if (versions === "current") return [(await read(path)).data.ca_key];
    const { versions: stored } = await read(`${mount}/metadata/istiod-service/certs`);
    return Promise.all(
      Object.keys(stored).map(async (version) => (await read(`${path}?version=${version}`)).data.ca_key),
    );
  };
  return (await Promise.all(rig.clusters.map(keysOf))).flat();
}

/** vault-root's state, and the memory volumes of pods. */
function mayHoldKeys({ rig, deployment }: World, path: string): boolean {
  const name = relative(deployment.directory, path);
  return (
    /^terraform\.vault-root\.tfstate(\.backup)?$/.test(name) ||
    /^[^/]+\/pods\/[^/]+\/volumes$/.test(relative(rig.directory, path))
  );
}
