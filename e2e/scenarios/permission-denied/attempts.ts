import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenRequest } from "../../cluster";
import { ISTIO_NAMESPACE } from "../../istiod";
import type { JsonAnswer } from "../../json-client";
import type { World } from "../../scenario";
import { madeIn, withClaims } from "../../service-account-jwt";
import type { VaultAnswer } from "../../vault-client";
import { ACCEPTED, type Attempt, type Break } from "./cause";

/** Logs in by Vault's Kubernetes method, the pod's own token its reviewer. */
export const KUBERNETES_CLUSTER = "cluster1";
/** Logs in by Vault's JWT method. */
export const JWT_CLUSTER = "cluster2";

export const KUBERNETES_MOUNT = `kubernetes-${KUBERNETES_CLUSTER}`;
export const JWT_MOUNT = `jwt-${JWT_CLUSTER}`;

/** A namespace with a ServiceAccount `istiod` that no role names. */
export const ELSEWHERE = "elsewhere";

export type Token = (world: World) => Promise<string>;

/** Where and as what somebody logs in; the default is istiod of the cluster with the Kubernetes method. */
export interface Login {
  readonly mount?: string;
  readonly role?: string;
  readonly token?: Token;
}

export function login({ mount = KUBERNETES_MOUNT, role = "istiod", token = tokenOf() }: Login = {}): Attempt {
  return async (world) => said(await world.rig.vault.client.login(mount, role, await token(world)));
}

export function jwtLogin(change: Login = {}): Attempt {
  return login({ mount: JWT_MOUNT, token: tokenForVault(), ...change });
}

/** A fresh token, of istiod where nothing else is said. */
export function tokenOf(change: Partial<TokenRequest> = {}, cluster = KUBERNETES_CLUSTER): Token {
  return ({ rig }) =>
    rig.cluster(cluster).token({ namespace: ISTIO_NAMESPACE, serviceAccount: "istiod", ...change });
}

/** The same for Vault alone. */
export function tokenForVault(change: Partial<TokenRequest> = {}, cluster = JWT_CLUSTER): Token {
  return tokenOf({ audience: "vault", ...change }, cluster);
}

/** A token as if made this many seconds from now. */
export function madeAt(seconds: number, cluster: string, token: Token): Token {
  return async (world) => {
    const key = readFileSync(join(world.rig.cluster(cluster).directory, "pki", "sa.key"), "utf8");
    return withClaims(await token(world), madeIn(seconds), key);
  };
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

/** Changes fields of what Vault holds at `path`, an object that is read as it is written. */
export function changes(
  path: string,
  change: (world: World) => Promise<object> | object,
  unset: object = {},
): Break {
  return async (world) => {
    const { vault } = world.rig;
    const { data } = await vault.ask("GET", path);
    await vault.ask("POST", path, { ...data, ...unset, ...(await change(world)) });
    return () => vault.ask("POST", path, { ...data, ...unset });
  };
}

/** Replaces a policy's text, or deletes the policy. */
export function changesPolicy(name: string, text?: (before: string) => string): Break {
  return async ({ rig: { vault } }) => {
    const path = `sys/policies/acl/${name}`;
    const { policy } = (await vault.ask("GET", path)).data as { policy: string };
    if (text) await vault.ask("PUT", path, { policy: text(policy) });
    else await vault.ask("DELETE", path);
    return () => vault.ask("PUT", path, { policy });
  };
}

/** Starts an auth mount's method anew, without the connections and keys it had. */
export async function reload({ rig }: World, authMount: string): Promise<void> {
  await rig.vault.ask("POST", "sys/plugins/reload/backend", { mounts: [`auth/${authMount}/`] });
}

/** A token that holds these policies. */
export async function tokenWith({ rig }: World, ...policies: readonly string[]): Promise<string> {
  return (await rig.vault.ask("POST", "auth/token/create", { policies })).auth!.client_token;
}

/** What a login with these policies may do at a path: `vault token capabilities`. */
export async function capabilities(world: World, policy: string, path: string): Promise<readonly string[]> {
  const token = await tokenWith(world, policy);
  const content = { paths: [path] };
  const { data } = await world.rig.vault.client.require("POST", "sys/capabilities-self", { token, content });
  return data[path] as readonly string[];
}
