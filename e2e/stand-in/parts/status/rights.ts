import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { clusterVaultNames } from "../../../../lib";
import type { Check } from "../../checks";
import { JsonClient } from "../../../json-client";
import type { World } from "../../world";
import { Looks, SETTLED } from "./status-mesh";

const { secretsMount, certificatesPath, trustBundlePath } = clusterVaultNames("cluster2");

/** Each refusal stands beside something the same credential is granted. */
export const whatItMayDo: readonly Check[] = [
  {
    name: "its Vault token reads what is public, and neither reads a key nor writes",
    run: async (world) => {
      const { vaultToken: token } = await Looks.at(world);
      const ask = async (method: string, path: string, content?: object) =>
        (await world.rig.vault.client.send(method, path, { token, content })).status;
      const secret = `${secretsMount}/data/${certificatesPath}`;
      const bundle = `${secretsMount}/data/${trustBundlePath}`;
      assert.equal(await ask("GET", `${secretsMount}/metadata/${certificatesPath}`), 200);
      assert.equal(await ask("GET", bundle), 200);
      assert.equal(await ask("GET", secret), 403);
      const written = { data: { root_cert: "x" }, options: { cas: 1 } };
      for (const path of [secret, bundle]) assert.equal(await ask("POST", path, written), 403, path);
      const metadata = { custom_metadata: { root: "b" } };
      assert.equal(await ask("POST", `${secretsMount}/metadata/${certificatesPath}`, metadata), 403);
      assert.equal(await ask("DELETE", `${secretsMount}/metadata/${certificatesPath}`), 403);
      assert.equal(await ask("POST", "istio-root-a/issuer/a/sign-intermediate", { csr: "x" }), 403);
    },
  },
  {
    name: "its token of a cluster lists istiods, and changes nothing",
    run: async (world) => {
      const ask = await asReader(world);
      const system = "/api/v1/namespaces/istio-system";
      assert.equal(await ask("GET", `${system}/pods`), 200);
      assert.equal(await ask("GET", `${system}/configmaps/istio-ca-root-cert`), 200);
      for (const [method, path] of [
        ["GET", `${system}/secrets`],
        ["GET", "/api/v1/namespaces/default/configmaps/istio-ca-root-cert"],
        ["DELETE", `${system}/pods`],
        ["PATCH", `${system}/configmaps/istio-ca-root-cert`],
        ["POST", `${system}/secrets`],
        ["POST", `${system}/serviceaccounts/istiod/token`],
        ["POST", "/api/v1/namespaces/istio-vault/serviceaccounts/reader/token"],
      ] as const) {
        assert.equal(await ask(method, path), 403, `${method} ${path}`);
      }
    },
  },
  {
    name: "clusters are reached by the files KUBECONFIG names, before mesh.yaml's, and by exec",
    run: async (world) => {
      const it = await Looks.at(world);
      const elsewhere = (name: string) => ({ file: it.kubeconfigElsewhere(name), context: name });
      const exec = { command: "cat", args: [it.execCredential("cluster2")] };
      const settings = {
        ...SETTLED,
        overrides: {
          cluster1: { ...SETTLED.overrides!.cluster1, kubeconfig: elsewhere("cluster1") },
          cluster2: { ...SETTLED.overrides!.cluster2, kubeconfig: { exec } },
        },
      };
      assert.equal((await it.run(settings)).code, 1);
      const KUBECONFIG = [it.kubeconfig("cluster2"), it.kubeconfig("cluster1")].join(":");
      const { code, stdout } = await it.runWith(settings, { KUBECONFIG }, []);
      assert.equal(code, 0, stdout);
    },
  },
  {
    name: "without a credential of Vault's the clusters are shown, and it ends with 1",
    run: async (world) => {
      const it = await Looks.at(world);
      const { code, findings, stdout } = await it.findings(SETTLED, { VAULT_TOKEN: "" });
      assert.equal(code, 1, stdout);
      assert.deepEqual(findings, ["cluster1 IV0701", "cluster2 IV0701"]);
    },
  },
];

async function asReader(world: World) {
  const { controlPlane, name } = world.rig.cluster("cluster1");
  const client = new JsonClient(controlPlane.address, { ca: readFileSync(controlPlane.caFile, "utf8") });
  const token = (await Looks.at(world)).clusterToken(name);
  return async (method: string, path: string): Promise<number> => {
    const patch = method === "PATCH" && { "content-type": "application/merge-patch+json" };
    const headers = { authorization: `Bearer ${token}`, ...patch };
    return (await client.send(method, path, headers, method === "GET" ? undefined : {})).status;
  };
}
