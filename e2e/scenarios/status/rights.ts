import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { IntermediateSecret } from "../../intermediate-secret";
import { JsonClient } from "../../json-client";
import { check, part, type World } from "../../scenario";
import { reachedBy, Reader, settled } from "./reader";

/** Each refusal stands beside something the same credential is granted. */
export function rightsOfTheReader(): void {
  part("what istio-vault status may do", () => {
    check("its Vault token reads what is public, and neither reads a key nor writes", async (world) => {
      const { vaultToken: token } = await Reader.of(world);
      const { vault } = world.rig;
      const { metadataPath, bundlePath, dataPath } = new IntermediateSecret(world.rig, "cluster2");
      const write = { data: { root_cert: "x" }, options: { cas: 1 } };
      const requests: readonly [number, string, string, object?][] = [
        [200, "GET", metadataPath],
        [200, "GET", bundlePath],
        [403, "GET", dataPath],
        [403, "POST", dataPath, write],
        [403, "POST", bundlePath, write],
        [403, "POST", metadataPath, { custom_metadata: { root: "b" } }],
        [403, "DELETE", metadataPath],
        [403, "POST", "istio-root-a/issuer/a/sign-intermediate", { csr: "x" }],
      ];
      for (const [expected, method, path, content] of requests) {
        const { status } = await vault.client.send(method, path, { token, content });
        assert.equal(status, expected, `${method} ${path}`);
      }
    });
    check("its token of a cluster lists pods, and changes nothing", async (world) => {
      const ask = await asReader(world);
      const system = "/api/v1/namespaces/istio-system";
      for (const [expected, method, path] of [
        [200, "GET", `${system}/pods`],
        [200, "GET", `${system}/configmaps/istio-ca-root-cert`],
        [200, "GET", "/api/v1/pods"],
        [403, "GET", "/api/v1/secrets"],
        [403, "GET", `${system}/secrets`],
        [403, "GET", "/api/v1/namespaces/default/configmaps/istio-ca-root-cert"],
        [403, "DELETE", `${system}/pods`],
        [403, "PATCH", `${system}/configmaps/istio-ca-root-cert`],
        [403, "POST", `${system}/secrets`],
        [403, "POST", `${system}/serviceaccounts/istiod/token`],
        [403, "POST", "/api/v1/namespaces/istio-vault/serviceaccounts/reader/token"],
      ] as const) {
        assert.equal(await ask(method, path), expected, `${method} ${path}`);
      }
    });
    check(
      "clusters are reached by the files KUBECONFIG names, before mesh.yaml's, and by exec",
      async (world) => {
        const reader = await Reader.of(world);
        const mesh = reachedBy(settled(), {
          cluster1: reader.kubeconfigElsewhere("cluster1"),
          cluster2: reader.execOf("cluster2"),
        });
        assert.equal((await reader.status(mesh)).code, 1);
        const files = ["cluster2", "cluster1"].map((name) => reader.kubeconfig(name).file);
        const { code, stdout } = await reader.status(mesh, [], { KUBECONFIG: files.join(":") });
        assert.equal(code, 0, stdout);
      },
    );
    check("without a credential of Vault's the clusters are shown, and it ends with 1", async (world) => {
      const reader = await Reader.of(world);
      const { code, findings, stdout } = await reader.findings(settled(), [], { VAULT_TOKEN: "" });
      assert.equal(code, 1, stdout);
      assert.deepEqual(findings, ["cluster1 IV0701", "cluster2 IV0701"]);
    });
  });
}

async function asReader(world: World) {
  const { address, caFile, name } = world.rig.cluster("cluster1");
  const client = new JsonClient(address, { ca: readFileSync(caFile, "utf8") });
  const token = (await Reader.of(world)).clusterToken(name);
  return async (method: string, path: string): Promise<number> => {
    const patch = method === "PATCH" && { "content-type": "application/merge-patch+json" };
    const headers = { authorization: `Bearer ${token}`, ...patch };
    return (await client.send(method, path, headers, method === "GET" ? undefined : {})).status;
  };
}
