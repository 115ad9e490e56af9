import { readFileSync } from "node:fs";
import type { JsonAnswer } from "../../json-client";
import { ISTIO_NAMESPACE } from "../istiod";
import type { TokenRequest } from "../kube-client";
import type { VaultAnswer } from "../../vault-client";
import type { World } from "../world";
import { ACCEPTED, type Attempt } from "./case";

/** Logs in by Vault's Kubernetes method, the pod's own token its reviewer. */
export const KUBERNETES_CLUSTER = "cluster1";
/** Logs in by Vault's JWT method. */
export const JWT_CLUSTER = "cluster2";
export const CLUSTERS = [KUBERNETES_CLUSTER, JWT_CLUSTER];

export const KUBERNETES_MOUNT = `kubernetes-${KUBERNETES_CLUSTER}`;
export const JWT_MOUNT = `jwt-${JWT_CLUSTER}`;

export const ISTIOD: TokenRequest = { namespace: ISTIO_NAMESPACE, serviceAccount: "istiod" };
export const ISTIOD_FOR_VAULT: TokenRequest = { ...ISTIOD, audience: "vault" };

/** Where and as what somebody logs in; the default is istiod of the cluster with the Kubernetes method. */
export interface Login {
  readonly mount?: string;
  readonly role?: string;
  readonly token?: (world: World) => Promise<string>;
}

export function login({ mount = KUBERNETES_MOUNT, role = "istiod", token = tokenOf() }: Login = {}): Attempt {
  return async (world) => said(await world.rig.vault.client.login(mount, role, await token(world)));
}

export function jwtLogin(change: Login = {}): Attempt {
  return login({ mount: JWT_MOUNT, token: tokenOf(JWT_CLUSTER, ISTIOD_FOR_VAULT), ...change });
}

/** A fresh token of a ServiceAccount. */
export function tokenOf(cluster = KUBERNETES_CLUSTER, change: Partial<TokenRequest> = {}) {
  return ({ rig }: World): Promise<string> => rig.cluster(cluster).api.token({ ...ISTIOD, ...change });
}

/** An answer of Vault's as the page gives it: the status, and the errors in one line. */
export function said({ status, body }: JsonAnswer<VaultAnswer>): string {
  if (status < 300) return ACCEPTED;
  return oneLine(`${status}: ${(body.errors ?? []).join("; ")}`);
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** A text that a log quotes, without what the quoting added. */
export function unquoted(text: string): string {
  return text.replace(/\\+"/g, '"');
}

/** The CA certificate of a cluster's API server. */
export function clusterCa({ rig }: World, cluster: string): string {
  return readFileSync(rig.cluster(cluster).controlPlane.caFile, "utf8");
}
