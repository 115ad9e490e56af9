import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { V1ClusterRoleBinding } from "@kubernetes/client-node";
import { ISTIO_NAMESPACE } from "../../istiod";
import type { Rig } from "../../rig";
import type { World } from "../../scenario";
import { agent, type AgentChange } from "./agent";
import {
  changes,
  ELSEWHERE,
  JWT_CLUSTER,
  JWT_MOUNT,
  jwtLogin,
  KUBERNETES_CLUSTER,
  KUBERNETES_MOUNT,
  login,
  madeAt,
  reload,
  type Token,
  tokenForVault,
  tokenOf,
} from "./attempts";
import { ACCEPTED, type Attempt, type Break, broken, type Cause, wrong } from "./cause";

const HOUR = 3600;

/** Refused logins at a mount of Vault's Kubernetes method, the pod's own token its reviewer. */
export const kubernetesLogins: readonly Cause[] = [
  wrong("service-account", login, { token: tokenOf({ serviceAccount: "default" }) }),
  wrong("namespace", login, { token: tokenOf({ namespace: ELSEWHERE }) }),
  wrong<AgentChange>("role", agent, ({ auto_auth }) => {
    auto_auth.method.config.role = "istoid";
  }),
  broken(
    "role-audience",
    agent,
    changes(`auth/${KUBERNETES_MOUNT}/role/istiod`, () => ({ audience: "vault" }), { audience: "" }),
  ),
  wrong("expired", loginMadeAt, -2 * HOUR),
  wrong("clock", loginMadeAt, HOUR / 2),
  wrong<AgentChange>(
    "auth-mount",
    agent,
    ({ auto_auth }) => {
      auto_auth.method.mount_path = "auth/kubernetes-cluster9";
    },
    async ({ rig }) => {
      const { data } = await rig.vault.ask("GET", "sys/auth");
      assert.ok(data[`${KUBERNETES_MOUNT}/`] && !data["kubernetes-cluster9/"]);
    },
  ),
  broken("tokenreviews", agent, withoutBinding),
  // Port 1 of Vault's own machine: nobody listens there.
  broken(
    "api-server-down",
    agent,
    changesConfig(() => ({ kubernetes_host: "https://127.0.0.1:1" })),
  ),
  broken(
    "api-server-name",
    login,
    changesConfig(() => ({ kubernetes_host: "https://k8s-1.invalid:6443" })),
  ),
  broken(
    "cluster-ca",
    login,
    changesConfig(({ rig }) => ({ kubernetes_ca_cert: reachedAt(rig, JWT_CLUSTER).kubernetes_ca_cert })),
  ),
  broken(
    "no-api-server",
    login,
    changesConfig(({ rig: { vault } }) => ({
      kubernetes_host: vault.address,
      kubernetes_ca_cert: vault.caCertificate,
    })),
  ),
  broken(
    "other-cluster-host",
    agent,
    changesConfig(({ rig }) => reachedAt(rig, JWT_CLUSTER)),
  ),
  wrong("other-cluster-token", login, { token: tokenOf({}, JWT_CLUSTER) }),
  wrong("custom-audience", login, { token: tokenForVault({}, KUBERNETES_CLUSTER) }),
  tokenOfADeletedPod("deleted-pod"),
];

/** The same where Vault reviews with a token of its own. */
export const reviewedLogins: readonly Cause[] = [
  broken("reviewer-expired", login, withReviewer(madeAt(-2 * HOUR, KUBERNETES_CLUSTER, tokenOf()))),
  broken(
    "reviewer-deleted",
    login,
    withReviewer(async (world) => {
      const cluster = world.rig.cluster(KUBERNETES_CLUSTER);
      const reviewer = `serviceaccount reviewer -n ${ISTIO_NAMESPACE}`;
      await cluster.kubectl(`create ${reviewer}`);
      const token = await tokenOf({ serviceAccount: "reviewer" })(world);
      await cluster.kubectl(`delete ${reviewer}`);
      return token;
    }),
  ),
  broken("reviewer-rights", login, withReviewer(tokenOf({ serviceAccount: "default" }))),
  {
    ...wrong("reviewed-other-cluster", login, { token: tokenOf({}, JWT_CLUSTER) }),
    bring: withReviewer(tokenOf()),
  },
  { ...tokenOfADeletedPod("reviewed-deleted-pod"), bring: withReviewer(tokenOf()) },
];

/** Refused logins at a mount of Vault's JWT method. */
export const jwtLogins: readonly Cause[] = [
  wrong("jwt-role", jwtLogin, { role: "istoid" }),
  wrong("jwt-service-account", jwtLogin, { token: tokenForVault({ serviceAccount: "default" }) }),
  wrong("jwt-audience", jwtLogin, { token: tokenOf({}, JWT_CLUSTER) }),
  broken(
    "jwt-issuer",
    jwtLogin,
    changes(`auth/${JWT_MOUNT}/config`, () => ({ bound_issuer: "https://oidc.example.com/cluster2" })),
  ),
  broken(
    "jwt-keys",
    jwtLogin,
    changes(`auth/${JWT_MOUNT}/config`, ({ rig }) => ({
      jwt_validation_pubkeys: [readFileSync(rig.cluster(KUBERNETES_CLUSTER).tokenKeyFile, "utf8")],
    })),
  ),
  wrong("jwt-other-cluster", jwtLogin, { token: tokenForVault({}, KUBERNETES_CLUSTER) }),
  broken("jwt-discovery", jwtLogin, discoveryStops),
  wrong("jwt-expired", jwtLoginMadeAt, -2 * HOUR),
  wrong("jwt-clock", jwtLoginMadeAt, HOUR / 2),
];

function loginMadeAt(seconds = 0): Attempt {
  return login({ token: madeAt(seconds, KUBERNETES_CLUSTER, tokenOf()) });
}

function jwtLoginMadeAt(seconds = 0): Attempt {
  return jwtLogin({ token: madeAt(seconds, JWT_CLUSTER, tokenForVault()) });
}

/** What Vault is told of a cluster's API server. */
function reachedAt(rig: Rig, cluster: string) {
  const { address, caFile } = rig.cluster(cluster);
  return { kubernetes_host: address, kubernetes_ca_cert: readFileSync(caFile, "utf8") };
}

function changesConfig(change: (world: World) => Promise<object> | object): Break {
  // Vault leaves the reviewer out of what it shows, and keeps it where it is left out of what it is sent.
  const bring = changes(`auth/${KUBERNETES_MOUNT}/config`, change, { token_reviewer_jwt: "" });
  return async (world) => {
    const mend = await bring(world);
    // Vault goes on with a connection it has, whatever its configuration says of the next.
    await reload(world, KUBERNETES_MOUNT);
    return async () => {
      await mend();
      await reload(world, KUBERNETES_MOUNT);
    };
  };
}

function withReviewer(token: Token): Break {
  return changesConfig(async (world) => ({ token_reviewer_jwt: await token(world) }));
}

async function withoutBinding({ rig }: World): Promise<() => Promise<unknown>> {
  const cluster = rig.cluster(KUBERNETES_CLUSTER);
  const binding = `clusterrolebinding istiod-clusterrole-${ISTIO_NAMESPACE}`;
  const { metadata, ...before } = await cluster.get<V1ClusterRoleBinding>(binding);
  await cluster.kubectl(`delete ${binding}`);
  const { name, labels, annotations } = metadata!;
  return () => cluster.apply({ ...before, metadata: { name, labels, annotations } });
}

/** The token is of a pod that is there while it is accepted, and gone when it is refused. */
function tokenOfADeletedPod(row: string): Cause {
  let token: string | undefined;
  const refused: Attempt = async (world) => {
    if (token === undefined) {
      const given = await tokenOfPod(row, KUBERNETES_CLUSTER)(world);
      token = given;
      await login({ token: () => Promise.resolve(given) })(world);
      await deletePod(world.rig, row, KUBERNETES_CLUSTER);
    }
    return login({ token: () => Promise.resolve(token!) })(world);
  };
  return { row, refused, accepted: login({ token: tokenOfPod(row, KUBERNETES_CLUSTER) }) };
}

/** A token of a pod that is never run, which is made if it is not there. */
export function tokenOfPod(pod: string, cluster: string, ...options: readonly string[]): Token {
  return async ({ rig }) => {
    const spec = {
      serviceAccountName: "istiod",
      schedulerName: "none",
      containers: [{ name: "none", image: "none" }],
    };
    const metadata = { name: pod, namespace: ISTIO_NAMESPACE };
    await rig.cluster(cluster).apply({ apiVersion: "v1", kind: "Pod", metadata, spec });
    const bound = `--bound-object-kind=Pod --bound-object-name=${pod}`.split(" ");
    const create = ["create", "token", "istiod", "-n", ISTIO_NAMESPACE, ...bound, ...options];
    return (await rig.cluster(cluster).kubectl(create)).trim();
  };
}

export async function deletePod(rig: Rig, pod: string, cluster: string): Promise<void> {
  await rig.cluster(cluster).kubectl(`delete pod ${pod} -n ${ISTIO_NAMESPACE} --grace-period=0 --force`);
}

/** Vault gets the keys from the issuer's URL, which then is out of reach. */
async function discoveryStops(world: World): Promise<() => Promise<unknown>> {
  const { rig } = world;
  const keys = await rig.cluster(JWT_CLUSTER).kubectl("get --raw /openid/v1/jwks");
  const server = createServer(rig.vault.serverIdentity, ({ url, headers }, response) => {
    const issuer = `https://${headers.host}`;
    response.setHeader("content-type", "application/json");
    response.end(url === "/keys" ? keys : JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  });
  await new Promise<void>((listening) => server.listen(0, rig.machine, listening));
  const mend = await changes(`auth/${JWT_MOUNT}/config`, () => ({
    jwt_validation_pubkeys: [],
    oidc_discovery_url: `https://${rig.machine}:${(server.address() as AddressInfo).port}`,
    oidc_discovery_ca_pem: rig.vault.caCertificate,
  }))(world);
  const answer = await jwtLogin()(world);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  // Vault keeps the keys it has fetched until it starts anew.
  await reload(world, JWT_MOUNT);
  assert.equal(answer, ACCEPTED);
  return mend;
}
