import assert from "node:assert/strict";
import { check, part } from "../../scenario";
import { PlanOutcome, VAULT_STACKS } from "../../deployment";
import { IdentityOfVault } from "../../identity";
import { ISTIO_NAMESPACE } from "../../istiod";
import type { TokenRequest } from "../../cluster";
import type { Rig } from "../../rig";

const ISTIOD: TokenRequest = { namespace: ISTIO_NAMESPACE, serviceAccount: "istiod" };
const OWN = "kubernetes-cluster1-secrets/data/istiod-service/certs";
const OTHERS = "kubernetes-cluster2-secrets/data/istiod-service/certs";
const LOGIN = "auth/kubernetes-cluster1/login";

/** Beside the mesh's namespace; its administrator may do everything in it. */
const NEIGHBOUR = "neighbour";
/** The namespace at the top, which is named by no header. */
const TOP = "";

export function namespaces(): void {
  part("a namespace of Vault", () => {
    check(
      "all of the mesh is in it: the top one has no mount, auth method or policy besides its own",
      async ({ rig }) => {
        const keys = async (method: string, path: string) => {
          const { status, body } = await send(rig, method, path, { namespace: TOP });
          assert.equal(status, 200, path);
          return (body.data.keys as string[] | undefined) ?? Object.keys(body.data);
        };
        assert.deepEqual((await keys("GET", "sys/auth")).sort(), ["token/"]);
        assert.deepEqual((await keys("GET", "sys/mounts")).sort(), ["cubbyhole/", "identity/", "sys/"]);
        assert.deepEqual((await keys("LIST", "sys/policies/acl")).sort(), ["default", "root"]);
      },
    );
    check(
      "a planner and a deployer whose tokens are of the namespace need their documented policies alone",
      async ({ rig, deployment }) => {
        for (const name of ["planner", "deployer"] as const) {
          const identity = new IdentityOfVault(rig, name);
          await identity.allow(deployment.meshFile);
          const { outcome, text } = await deployment.plan(VAULT_STACKS, identity.token);
          assert.equal(outcome, PlanOutcome.EMPTY, `${name}: ${text}`);
        }
      },
    );
    check(
      "istiod logs in there alone, and reads its own cluster's intermediate there alone",
      async ({ rig }) => {
        const jwt = await rig.cluster("cluster1").token(ISTIOD);
        const content = { role: "istiod", jwt };
        for (const namespace of [TOP, await neighbour(rig)]) {
          const { status } = await rig.vault.client.send("POST", LOGIN, { namespace, content });
          assert.ok([400, 403, 404].includes(status), `login in "${namespace}": ${status}`);
        }
        const { body } = await rig.vault.client.send("POST", LOGIN, { content });
        const token = body.auth!.client_token;
        assert.equal((await send(rig, "GET", OWN, { token })).status, 200);
        assert.equal((await send(rig, "GET", OTHERS, { token })).status, 403);
        for (const namespace of [TOP, NEIGHBOUR]) {
          assert.equal((await send(rig, "GET", OWN, { token, namespace })).status, 403, namespace);
        }
        assert.equal((await send(rig, "GET", OWN, { token })).status, 200);
      },
    );
    check(
      "a token that may do everything in another namespace reads nothing in it, and changes nothing",
      async ({ rig }) => {
        const namespace = await neighbour(rig);
        const token = await administratorOf(rig, namespace);
        const alive = async () => (await send(rig, "GET", "sys/mounts", { token, namespace })).status;
        assert.equal(await alive(), 200);
        for (const [method, path] of [
          ["GET", OWN],
          ["LIST", "kubernetes-cluster1-secrets/metadata"],
          ["GET", "sys/mounts"],
          ["GET", "auth/kubernetes-cluster1/role/istiod"],
          ["PUT", "sys/policies/acl/istiod-certs-cluster1"],
          ["POST", "istio-root-a/issuer/a/sign-intermediate"],
        ] as const) {
          assert.equal((await send(rig, method, path, { token })).status, 403, `${method} ${path}`);
          const byPath = `${rig.vault.namespace}/${path}`;
          assert.equal((await send(rig, method, byPath, { token, namespace: TOP })).status, 403, byPath);
        }
        assert.equal(await alive(), 200);
      },
    );
  });
}

/** As the server's own administrator, unless a token is given. */
function send(rig: Rig, method: string, path: string, options: { token?: string; namespace?: string }) {
  const content = method === "GET" || method === "LIST" ? undefined : {};
  return rig.vault.client.send(method, path, { token: rig.vault.rootToken, content, ...options });
}

async function neighbour(rig: Rig): Promise<string> {
  const { status } = await send(rig, "PUT", `sys/namespaces/${NEIGHBOUR}`, { namespace: TOP });
  assert.ok(status < 300, `namespace ${NEIGHBOUR}: ${status}`);
  return NEIGHBOUR;
}

async function administratorOf({ vault }: Rig, namespace: string): Promise<string> {
  const as = { token: vault.rootToken, namespace };
  const policy = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }';
  await vault.client.send("PUT", "sys/policies/acl/administrator", { ...as, content: { policy } });
  const content = { policies: ["administrator"], ttl: "10m" };
  const { body } = await vault.client.send("POST", "auth/token/create", { ...as, content });
  return body.auth!.client_token;
}
