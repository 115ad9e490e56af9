import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ISTIO_NAMESPACE } from "../istiod";
import type { KubernetesObject } from "../kubernetes-objects";
import { madeIn, withClaims } from "../../service-account-jwt";
import type { World } from "../world";
import { agent } from "./agent";
import type { Attempt, Mend, PermissionCase } from "./case";
import {
  clusterCa,
  ISTIOD_FOR_VAULT,
  JWT_CLUSTER,
  KUBERNETES_CLUSTER,
  KUBERNETES_MOUNT,
  login,
  tokenOf,
} from "./logins";
import { administer, changes, reload } from "./vault-objects";

const PODS = `/api/v1/namespaces/${ISTIO_NAMESPACE}/pods`;
const BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const ISTIOD_BINDING = `${BINDINGS}/istiod-clusterrole-${ISTIO_NAMESPACE}`;

/** A namespace with a ServiceAccount `istiod` that no role names. */
export const ELSEWHERE = "elsewhere";

/** Fields Vault leaves out of what it shows, and keeps where they are left out of what it is sent. */
const NO_REVIEWER = { token_reviewer_jwt: "" };

/** Refused logins at a mount of Vault's Kubernetes method, the pod's own token its reviewer. */
export const kubernetesLogins: readonly PermissionCase[] = [
  {
    row: "service-account",
    refused: login({ token: tokenOf(KUBERNETES_CLUSTER, { serviceAccount: "default" }) }),
    accepted: login(),
  },
  {
    row: "namespace",
    refused: login({ token: tokenOf(KUBERNETES_CLUSTER, { namespace: ELSEWHERE }) }),
    accepted: login(),
  },
  {
    row: "role",
    refused: agent(({ auto_auth }) => {
      auto_auth.method.config.role = "istoid";
    }),
    accepted: agent(),
  },
  {
    row: "role-audience",
    bring: changes(`auth/${KUBERNETES_MOUNT}/role/istiod`, () => ({ audience: "vault" }), { audience: "" }),
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "expired",
    refused: login({ token: tokenMade(-7200) }),
    accepted: login({ token: tokenMade(0) }),
  },
  {
    row: "clock",
    refused: login({ token: tokenMade(1800) }),
    accepted: login({ token: tokenMade(0) }),
  },
  {
    row: "auth-mount",
    refused: agent(({ auto_auth }) => {
      auto_auth.method.mount_path = "auth/kubernetes-cluster9";
    }),
    accepted: agent(),
    tell: async (world) => {
      const { data } = await administer(world, "GET", "sys/auth");
      assert.ok(data[`${KUBERNETES_MOUNT}/`] && !data["kubernetes-cluster9/"]);
    },
  },
  {
    row: "tokenreviews",
    bring: async ({ rig }) => {
      const { api } = rig.cluster(KUBERNETES_CLUSTER);
      const binding = await api.get<Binding>(ISTIOD_BINDING);
      await api.delete(ISTIOD_BINDING);
      const { metadata, roleRef, subjects } = binding;
      const { name, labels, annotations } = metadata;
      return () => api.create(BINDINGS, { metadata: { name, labels, annotations }, roleRef, subjects });
    },
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "api-server-down",
    // Port 1 of Vault's own machine: nobody listens there.
    bring: changesConfig(() => ({ kubernetes_host: "https://127.0.0.1:1" })),
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "api-server-name",
    bring: changesConfig(() => ({ kubernetes_host: "https://k8s-1.invalid:6443" })),
    refused: login(),
    accepted: login(),
  },
  {
    row: "cluster-ca",
    bring: changesConfig((world) => ({ kubernetes_ca_cert: clusterCa(world, JWT_CLUSTER) })),
    refused: login(),
    accepted: login(),
  },
  {
    row: "no-api-server",
    bring: changesConfig(({ rig }) => ({
      kubernetes_host: rig.vault.address,
      kubernetes_ca_cert: rig.vault.caCertificate,
    })),
    refused: login(),
    accepted: login(),
  },
  {
    row: "other-cluster-host",
    bring: changesConfig((world) => ({
      kubernetes_host: world.rig.cluster(JWT_CLUSTER).controlPlane.address,
      kubernetes_ca_cert: clusterCa(world, JWT_CLUSTER),
    })),
    refused: agent(),
    accepted: agent(),
  },
  {
    row: "other-cluster-token",
    refused: login({ token: tokenOf(JWT_CLUSTER) }),
    accepted: login(),
  },
  {
    row: "custom-audience",
    refused: login({ token: tokenOf(KUBERNETES_CLUSTER, ISTIOD_FOR_VAULT) }),
    accepted: login(),
  },
  tokenOfADeletedPod("deleted-pod", true),
];

/** The same where Vault reviews with a token of its own. */
export const reviewedLogins: readonly PermissionCase[] = [
  {
    row: "reviewer-expired",
    bring: withReviewer(async (world) =>
      withClaims(await tokenOf()(world), madeIn(-7200), signingKey(world)),
    ),
    refused: login(),
    accepted: login(),
  },
  {
    row: "reviewer-deleted",
    bring: withReviewer(async (world) => {
      const { api } = world.rig.cluster(KUBERNETES_CLUSTER);
      const accounts = `/api/v1/namespaces/${ISTIO_NAMESPACE}/serviceaccounts`;
      await api.create(accounts, { metadata: { name: "reviewer" } });
      const token = await tokenOf(KUBERNETES_CLUSTER, { serviceAccount: "reviewer" })(world);
      await api.delete(`${accounts}/reviewer`);
      return token;
    }),
    refused: login(),
    accepted: login(),
  },
  {
    row: "reviewer-rights",
    bring: withReviewer(tokenOf(KUBERNETES_CLUSTER, { serviceAccount: "default" })),
    refused: login(),
    accepted: login(),
  },
  {
    row: "reviewed-other-cluster",
    bring: withReviewer(tokenOf()),
    refused: login({ token: tokenOf(JWT_CLUSTER) }),
    accepted: login(),
  },
  {
    ...tokenOfADeletedPod("reviewed-deleted-pod", false),
    bring: withReviewer(tokenOf()),
  },
];

interface Binding extends KubernetesObject {
  readonly roleRef: object;
  readonly subjects: readonly object[];
}

function changesConfig(change: (world: World) => Promise<object> | object) {
  const path = `auth/${KUBERNETES_MOUNT}/config`;
  const bring = changes(path, change, NO_REVIEWER);
  return async (world: World): Promise<Mend> => {
    const mend = await bring(world);
    // Vault goes on with a connection it has, whatever its configuration says of the next.
    await reload(world, KUBERNETES_MOUNT);
    return async () => {
      await mend();
      await reload(world, KUBERNETES_MOUNT);
    };
  };
}

function withReviewer(token: (world: World) => Promise<string>) {
  return changesConfig(async (world) => ({ token_reviewer_jwt: await token(world) }));
}

/** The private key that signs the cluster's tokens. */
function signingKey({ rig }: World): string {
  return readFileSync(join(rig.cluster(KUBERNETES_CLUSTER).directory, "sa.key"), "utf8");
}

/** istiod's token, as if made this many seconds from now. */
function tokenMade(seconds: number) {
  return async (world: World) => withClaims(await tokenOf()(world), madeIn(seconds), signingKey(world));
}

/** The token is of a pod that is there while it is accepted, and gone when it is refused. */
function tokenOfADeletedPod(row: string, usedBefore: boolean): PermissionCase {
  const pod = {
    metadata: { name: row },
    spec: { serviceAccountName: "istiod", containers: [{ name: "none", image: "none" }] },
  };
  const path = `${PODS}/${row}`;
  const tokenOfPod = async (world: World): Promise<string> => {
    const { api } = world.rig.cluster(KUBERNETES_CLUSTER);
    const found = (await api.find<KubernetesObject>(path)) ?? (await api.create<KubernetesObject>(PODS, pod));
    return tokenOf(KUBERNETES_CLUSTER, { pod: found.metadata })(world);
  };
  let token: string | undefined;
  const refused: Attempt = async (world) => {
    if (token === undefined) {
      token = await tokenOfPod(world);
      if (usedBefore) await login({ token: () => Promise.resolve(token!) })(world);
      await world.rig.cluster(KUBERNETES_CLUSTER).api.delete(`${path}?gracePeriodSeconds=0`);
    }
    return login({ token: () => Promise.resolve(token!) })(world);
  };
  return { row, refused, accepted: login({ token: tokenOfPod }) };
}
