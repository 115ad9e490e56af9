import assert from "node:assert/strict";
import { approleToken } from "../../approle";
import { check, part } from "../../scenario";
import { output } from "../../command";
import { IntermediateSecret } from "../../intermediate-secret";
import type { Rig } from "../../rig";

const SIGN = "istio-root-a/issuer/a/sign-intermediate";
const PINNED = {
  common_name: "Intermediate CA",
  organization: "Istio",
  locality: "istiod-cluster1",
  alt_names: "istiod.istio-system.svc",
  exclude_cn_from_sans: "true",
  max_path_length: "0",
  use_csr_values: "false",
  ttl: "2160h",
};

/** For each pinned parameter, values it must not have. */
const WRONG: Record<keyof typeof PINNED, readonly unknown[]> = {
  common_name: [
    "Other CA",
    ...[" ", "\t", "\n", "\u00a0", "\u3000"].flatMap((blank) => [
      `${blank}Intermediate CA`,
      `Intermediate CA${blank}`,
    ]),
  ],
  organization: ["Other"],
  locality: ["istiod-cluster2"],
  alt_names: ["istiod.istio-system.svc,example.com", "example.com"],
  exclude_cn_from_sans: ["false"],
  max_path_length: ["1", "-1", 0],
  use_csr_values: ["true"],
  ttl: ["2161h", "87600h"],
};

export function issuerRights(): void {
  part("what the issuer of one cluster may do", () => {
    for (const [parameter, values] of Object.entries(WRONG)) {
      pinned(parameter as keyof typeof PINNED, values);
    }
    check(
      "no parameter besides: not_after, issuer_ref, key_usage, permitted_dns_domains, serial_number, ou",
      (world) =>
        refusesAll(world.rig, [
          { not_after: "2099-01-01T00:00:00Z" },
          { issuer_ref: "default" },
          { key_usage: "CertSign" },
          { permitted_dns_domains: "example.com" },
          { serial_number: "77" },
          { Serial_Number: "77" },
          { ou: "Other" },
        ]),
    );
    check(
      "sign at no other path: the default issuer, the mount's own, sign-self-issued, sign-verbatim, generate",
      async ({ rig }) => {
        const { token, request } = await issuerOfCluster1(rig);
        const paths = [
          "istio-root-a/issuer/default/sign-intermediate",
          "istio-root-a/root/sign-intermediate",
          "istio-root-a/root/sign-self-issued",
          "istio-root-a/issuer/a/sign-self-issued",
          "istio-root-a/sign-verbatim",
          "istio-root-a/issuer/a/sign-verbatim",
          "istio-root-a/root/generate/exported",
          "istio-root-a/intermediate/generate/exported",
          "istio-root-a/keys/generate/exported",
        ];
        for (const path of paths) {
          const { status } = await rig.vault.client.send("POST", path, { token, content: request });
          assert.equal(status, 403, path);
        }
        await signs(rig, token, request);
      },
    );
    check("read no key, not even its own cluster's; write no other cluster's secret", async ({ rig }) => {
      const { token } = await issuerOfCluster1(rig);
      const [own, other] = [new IntermediateSecret(rig, "cluster1"), new IntermediateSecret(rig, "cluster2")];
      const status = async (method: string, path: string, content?: object) =>
        (await rig.vault.client.send(method, path, { token, content })).status;
      assert.equal(await status("GET", own.metadataPath), 200);
      assert.equal(await status("GET", own.bundlePath), 200);
      assert.equal(await status("GET", own.dataPath), 403);
      assert.equal(await status("DELETE", own.dataPath), 403);
      assert.equal(await status("DELETE", own.metadataPath), 403);
      assert.equal(await status("POST", own.bundlePath, { data: {} }), 403);
      for (const path of [other.metadataPath, other.bundlePath, other.dataPath]) {
        assert.equal(await status("GET", path), 403, path);
        assert.equal(await status("POST", path, { data: {}, options: { cas: 1 } }), 403, path);
      }
      assert.equal(await status("GET", own.metadataPath), 200);
    });
    check("read which policies it holds, without Vault's policy default", async ({ rig }) => {
      const { token } = await issuerOfCluster1(rig);
      const { policies } = (await rig.vault.client.require("GET", "auth/token/lookup-self", { token })).data;
      assert.deepEqual(policies, ["istio-issuer-cluster1"]);
    });
    check("write only in place of the version it names, and not switch that off", async ({ rig }) => {
      const { token } = await issuerOfCluster1(rig);
      const secret = new IntermediateSecret(rig, "cluster1");
      const version = await secret.version();
      const write = async (path: string, content: object) =>
        rig.vault.client.send("POST", path, { token, content });
      const data = { ca_key: "x" };
      const without = await write(secret.dataPath, { data });
      assert.equal(without.status, 400);
      assert.match(without.body.errors!.join(), /check-and-set parameter required/);
      const stale = await write(secret.dataPath, { data, options: { cas: version - 1 } });
      assert.equal(stale.status, 400);
      assert.match(stale.body.errors!.join(), /did not match/);
      for (const settings of [{ cas_required: false }, { max_versions: 1 }, { delete_version_after: "1s" }]) {
        assert.equal((await write(secret.metadataPath, settings)).status, 403);
      }
      assert.equal(await secret.version(), version);
    });
    check("no other policy of this program names a path that signs", async ({ rig }) => {
      const read = async (method: string, path: string) =>
        (await rig.vault.client.require(method, path, { token: rig.vault.rootToken })).data;
      const { keys } = await read("LIST", "sys/policies/acl");
      const signing: string[] = [];
      for (const name of keys as string[]) {
        const { policy } = await read("GET", `sys/policies/acl/${name}`);
        if (/sign|issuer\//.test(policy)) signing.push(name);
      }
      assert.deepEqual(signing.sort(), ["istio-issuer-cluster1", "istio-issuer-cluster2"]);
    });
  });
}

function pinned(parameter: keyof typeof PINNED, values: readonly unknown[]): void {
  check(
    `${parameter} as pinned; not ${values.map((value) => JSON.stringify(value)).join(", ")}, nor empty, an empty list, null, nor left out`,
    ({ rig }) =>
      refusesAll(rig, [
        ...values.map((value) => ({ [parameter]: value })),
        { [parameter]: "" },
        { [parameter]: [] },
        { [parameter]: null },
        { [parameter]: undefined },
      ]),
  );
}

/** Each change to a request that is granted before and after makes Vault refuse it. */
async function refusesAll(rig: Rig, changes: readonly object[]): Promise<void> {
  const { token, request } = await issuerOfCluster1(rig);
  await signs(rig, token, request);
  for (const change of changes) {
    const { status, body } = await rig.vault.client.send("POST", SIGN, {
      token,
      content: { ...request, ...change },
    });
    assert.equal(status, 403, `${JSON.stringify(change)}: ${JSON.stringify(body.errors)}`);
  }
  await signs(rig, token, request);
}

async function signs(rig: Rig, token: string, request: object): Promise<void> {
  await rig.vault.client.require("POST", SIGN, { token, content: request });
}

/** A token with the policy of cluster1's issuer alone, and the request that it grants. */
async function issuerOfCluster1(rig: Rig): Promise<{ token: string; request: object }> {
  const { policies } = (
    await rig.vault.client.require("GET", "auth/token/lookup-self", { token: await approleToken(rig) })
  ).data;
  assert.deepEqual(policies, ["default", "istio-issuer-cluster1", "istio-issuer-cluster2"]);
  const { auth } = await rig.vault.client.require("POST", "auth/token/create", {
    token: rig.vault.rootToken,
    content: { policies: ["istio-issuer-cluster1"], ttl: "10m", no_default_policy: true },
  });
  const csr = await output("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
    ...["-subj", "/CN=whatever", "-keyout", "/dev/null"],
  ]);
  return { token: auth!.client_token, request: { csr, ...PINNED } };
}
