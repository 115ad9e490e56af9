import assert from "node:assert/strict";
import type { Cluster, TokenRequest } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import { ALL_CLUSTERS } from "../../meshes";
import type { Rig } from "../../rig";
import { check, part } from "../../scenario";

const CERTIFICATES = "istiod-service/certs";
const TRUST_BUNDLE = "istiod-service/trust-bundle";
const ROOT_MOUNT = "istio-root-a";
const ISTIOD: TokenRequest = { namespace: ISTIO_NAMESPACE, serviceAccount: "istiod" };

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly content?: unknown;
  readonly contentType?: string;
}

export function access(): void {
  part("who may do what in Vault", () => {
    for (const name of ALL_CLUSTERS) {
      check(`${name}'s istiod logs in at its own auth mount, and at no other`, async ({ rig }) => {
        const jwt = await rig.cluster(name).token(ISTIOD);
        await logIn(rig, name, jwt);
        for (const other of othersThan(name)) await loginRefused(rig, other, "istiod", jwt);
        await logIn(rig, name, jwt);
      });
      check(
        `${name}'s istiod reads its own two secrets, and can do nothing else with them`,
        async ({ rig }) => {
          const token = await logInAsIstiod(rig, name);
          await refusedBetweenReads(rig, name, token, onOwnSecrets(secretsMount(name)));
        },
      );
      check(`${name}'s istiod can do nothing with another cluster's secrets`, async ({ rig }) => {
        const token = await logInAsIstiod(rig, name);
        const attempts = othersThan(name).flatMap((other) => [
          ...reads(secretsMount(other)),
          ...onOwnSecrets(secretsMount(other)),
        ]);
        await refusedBetweenReads(rig, name, token, attempts);
      });
    }
    check("no istiod signs with the root, or touches policies, roles and mounts", async ({ rig }) => {
      for (const name of ALL_CLUSTERS) {
        const token = await logInAsIstiod(rig, name);
        await refusedBetweenReads(rig, name, token, beyondSecrets(name));
      }
    });
    check("another ServiceAccount, namespace, role or audience does not log in", async ({ rig }) => {
      for (const cluster of rig.clusters) await onlyIstiodLogsIn(rig, cluster);
    });
    check("after all attempts every secret is as it was: version 1, not deleted", async ({ rig }) => {
      for (const name of ALL_CLUSTERS) {
        const { data } = await rig.vault.ask("GET", `${secretsMount(name)}/metadata/${CERTIFICATES}`);
        assert.equal(data.current_version, 1);
        assert.equal(data.versions["1"].deletion_time, "");
        assert.equal(data.versions["1"].destroyed, false);
      }
    });
  });
}

function secretsMount(cluster: string): string {
  return `kubernetes-${cluster}-secrets`;
}

function othersThan(name: string): string[] {
  return ALL_CLUSTERS.filter((other) => other !== name);
}

async function logIn(rig: Rig, cluster: string, jwt: string): Promise<string> {
  const { status, body } = await rig.vault.client.login(`kubernetes-${cluster}`, "istiod", jwt);
  assert.equal(status, 200, `login of ${cluster}: ${body.errors}`);
  return body.auth!.client_token;
}

async function logInAsIstiod(rig: Rig, name: string): Promise<string> {
  return logIn(rig, name, await rig.cluster(name).token(ISTIOD));
}

async function loginRefused(rig: Rig, cluster: string, role: string, jwt: string): Promise<void> {
  const { status } = await rig.vault.client.login(`kubernetes-${cluster}`, role, jwt);
  assert.ok(status === 403 || status === 400, `login at kubernetes-${cluster} as ${role}: ${status}`);
}

/** Every attempt is refused, while the same token reads its own secrets before and after. */
async function refusedBetweenReads(
  rig: Rig,
  name: string,
  token: string,
  attempts: Attempt[],
): Promise<void> {
  await readsOwn(rig, name, token);
  for (const { method, path, content, contentType } of attempts) {
    const { status } = await rig.vault.client.send(method, path, { token, content, contentType });
    assert.equal(status, 403, `${method} ${path}`);
  }
  await readsOwn(rig, name, token);
}

async function readsOwn(rig: Rig, name: string, token: string): Promise<void> {
  for (const secret of [CERTIFICATES, TRUST_BUNDLE]) {
    const path = `${secretsMount(name)}/data/${secret}`;
    assert.equal((await rig.vault.client.send("GET", path, { token })).status, 200, path);
  }
}

function reads(mount: string): Attempt[] {
  return [CERTIFICATES, TRUST_BUNDLE].flatMap((secret) => [
    { method: "GET", path: `${mount}/data/${secret}` },
    { method: "GET", path: `${mount}/data/${secret}?version=1` },
  ]);
}

/** What the owner of a secret may not do either. */
function onOwnSecrets(mount: string): Attempt[] {
  const versions = { versions: [1] };
  const data = { data: { ca_key: "x" } };
  return [
    ...[CERTIFICATES, TRUST_BUNDLE].flatMap((secret): Attempt[] => [
      { method: "PUT", path: `${mount}/data/${secret}`, content: data },
      {
        method: "PATCH",
        path: `${mount}/data/${secret}`,
        content: data,
        contentType: "application/merge-patch+json",
      },
      { method: "DELETE", path: `${mount}/data/${secret}` },
      { method: "GET", path: `${mount}/subkeys/${secret}` },
      { method: "GET", path: `${mount}/metadata/${secret}` },
      { method: "PUT", path: `${mount}/metadata/${secret}`, content: { max_versions: 1 } },
      { method: "DELETE", path: `${mount}/metadata/${secret}` },
      { method: "PUT", path: `${mount}/delete/${secret}`, content: versions },
      { method: "PUT", path: `${mount}/undelete/${secret}`, content: versions },
      { method: "PUT", path: `${mount}/destroy/${secret}`, content: versions },
    ]),
    { method: "LIST", path: `${mount}/metadata` },
    { method: "LIST", path: `${mount}/metadata/istiod-service` },
    { method: "GET", path: `${mount}/config` },
    { method: "GET", path: `${mount}/data/istiod-service/other` },
  ];
}

function beyondSecrets(name: string): Attempt[] {
  const request = { csr: "x", common_name: "x" };
  return [
    { method: "PUT", path: `${ROOT_MOUNT}/root/sign-intermediate`, content: request },
    { method: "PUT", path: `${ROOT_MOUNT}/issuer/default/sign-intermediate`, content: request },
    { method: "PUT", path: `${ROOT_MOUNT}/sign-verbatim`, content: request },
    { method: "LIST", path: `${ROOT_MOUNT}/keys` },
    { method: "PUT", path: `sys/policies/acl/istiod-certs-${name}`, content: { policy: "" } },
    { method: "GET", path: `sys/policies/acl/istiod-certs-${name}` },
    { method: "PUT", path: `auth/kubernetes-${name}/role/istiod`, content: {} },
    { method: "GET", path: `auth/kubernetes-${name}/role/istiod` },
    { method: "PUT", path: `auth/kubernetes-${name}/config`, content: {} },
    { method: "GET", path: "sys/mounts" },
    { method: "PUT", path: "sys/mounts/other", content: { type: "kv" } },
    { method: "PUT", path: "auth/token/create", content: {} },
  ];
}

async function onlyIstiodLogsIn(rig: Rig, cluster: Cluster): Promise<void> {
  await cluster.kubectl("create namespace elsewhere");
  await cluster.kubectl("create serviceaccount istiod -n elsewhere");
  const wrong: TokenRequest[] = [
    { namespace: ISTIO_NAMESPACE, serviceAccount: "default" },
    { namespace: "elsewhere", serviceAccount: "istiod" },
    { ...ISTIOD, audience: "elsewhere" },
  ];
  const right = await cluster.token(ISTIOD);
  await logIn(rig, cluster.name, right);
  for (const request of wrong) {
    await loginRefused(rig, cluster.name, "istiod", await cluster.token(request));
  }
  await loginRefused(rig, cluster.name, "no-such-role", right);
  await logIn(rig, cluster.name, right);
  await cluster.kubectl("delete namespace elsewhere");
}
