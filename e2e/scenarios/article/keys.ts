import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Cluster } from "../../cluster";
import { VAULT_STACK } from "../../deployment";
import { KeySearch, privateKeysIn } from "../../key-search";
import { ALL_CLUSTERS } from "../../meshes";
import type { Rig } from "../../rig";
import { check, part, step, type World } from "../../scenario";
import { storedValues } from "../../stored-values";

export function keys(): void {
  part("where private keys are", () => {
    step(
      "the search finds keys where they are: the state of vault-root, zipped, gzipped, base64",
      async (world) => {
        const { rig, deployment } = world;
        const search = await keySearch(rig);
        const state = Buffer.from(deployment.state(VAULT_STACK));
        assert.ok(search.finds(state));
        assert.ok(search.finds(gzipSync(state)));
        assert.ok(search.finds(Buffer.from(gzipSync(state).toString("base64"))));
        assert.ok(
          await deployment.withPlanFile(VAULT_STACK, async (path) => search.finds(readFileSync(path))),
        );
      },
    );
    check("vault-root's state holds exactly the intermediates' keys", async ({ rig, deployment }) => {
      const inState = privateKeysIn(deployment.state(VAULT_STACK)).map((pem) => Buffer.from(pem));
      const searches = (await intermediateKeys(rig, "current")).map((pem) => new KeySearch([pem]));
      assert.equal(searches.length, ALL_CLUSTERS.length);
      for (const search of searches) assert.ok(inState.some((key) => search.finds(key)));
      for (const key of inState) assert.ok(searches.some((search) => search.finds(key)));
    });
    check("a cluster's state holds no private key at all", async ({ rig, deployment }) => {
      const search = await keySearch(rig);
      for (const stack of ALL_CLUSTERS) {
        const state = deployment.state(stack);
        assert.ok(!search.finds(Buffer.from(state)), stack);
        assert.deepEqual(privateKeysIn(state), [], stack);
      }
    });
    check(
      "no other file of the run holds one: cdktf.out, logs, etcd, Vault's audit log, containers' own files",
      async (world) => {
        const search = await keySearch(world.rig);
        assert.deepEqual(
          await search.filesWithKeys(world.rig.directory, (path) => mayHoldKeys(world, path)),
          [],
        );
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
  return new KeySearch(await intermediateKeys(rig, "all"));
}

/** PEM of each cluster's CA key, as Vault has it. */
async function intermediateKeys(rig: Rig, versions: "current" | "all"): Promise<string[]> {
  const read = async (path: string) => (await rig.vault.ask("GET", path)).data;
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

/** vault-root's state may; what comes from images, which are links, does not change. */
function mayHoldKeys({ deployment }: World, path: string): boolean {
  const name = relative(deployment.directory, path);
  if (/^terraform\.vault-root\.tfstate(\.backup)?$/.test(name)) return true;
  const status = lstatSync(path);
  return status.isFile() && status.nlink > 1;
}
