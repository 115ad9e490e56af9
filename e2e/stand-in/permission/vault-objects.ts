import type { World } from "../world";
import type { Mend } from "./case";

/** A request of Vault's administrator, which must succeed. */
export async function administer({ rig }: World, method: string, path: string, content?: unknown) {
  return rig.vault.client.require(method, path, { token: rig.vault.rootToken, content });
}

/** Changes fields of what Vault holds at `path`, an object that is read as it is written. */
export function changes(
  path: string,
  change: (world: World) => Promise<object> | object,
  unset: object = {},
) {
  return async (world: World): Promise<Mend> => {
    const { data } = await administer(world, "GET", path);
    await administer(world, "POST", path, { ...data, ...unset, ...(await change(world)) });
    return () => administer(world, "POST", path, { ...data, ...unset });
  };
}

/** Replaces a policy's text, or deletes the policy. */
export function changesPolicy(name: string, text?: (before: string) => string) {
  return async (world: World): Promise<Mend> => {
    const path = `sys/policies/acl/${name}`;
    const { data } = await administer(world, "GET", path);
    if (text) await administer(world, "PUT", path, { policy: text(data.policy) });
    else await administer(world, "DELETE", path);
    return () => administer(world, "PUT", path, { policy: data.policy });
  };
}

/** Starts an auth mount's method anew, without the connections and keys it had. */
export async function reload(world: World, authMount: string): Promise<void> {
  await administer(world, "POST", "sys/plugins/reload/backend", { mounts: [`auth/${authMount}/`] });
}

/** A token that holds these policies. */
export async function tokenWith(world: World, policies: readonly string[]): Promise<string> {
  const { auth } = await administer(world, "POST", "auth/token/create", { policies });
  return auth!.client_token;
}

/** What a token may do at a path: `vault token capabilities`. */
export async function capabilities({ rig }: World, token: string, path: string): Promise<readonly string[]> {
  const answer = await rig.vault.client.require("POST", "sys/capabilities-self", {
    token,
    content: { paths: [path] },
  });
  return answer.data[path];
}
