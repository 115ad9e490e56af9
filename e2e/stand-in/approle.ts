import type { Rig } from "./rig";

const ROLE = "auth/istio-issuer/role/istio-issuer";

/** What an administrator hands to the issuer's scheduler: a role id and a new secret id. */
export async function approleCredential({ vault }: Rig): Promise<NodeJS.ProcessEnv> {
  const token = vault.rootToken;
  const { data: role } = await vault.client.require("GET", `${ROLE}/role-id`, { token });
  const { data: secret } = await vault.client.require("POST", `${ROLE}/secret-id`, { token, content: {} });
  return { VAULT_ROLE_ID: role.role_id, VAULT_SECRET_ID: secret.secret_id };
}

/** A token with what the issuer's login gets. */
export async function approleToken(rig: Rig): Promise<string> {
  const { VAULT_ROLE_ID: role_id, VAULT_SECRET_ID: secret_id } = await approleCredential(rig);
  const { auth } = await rig.vault.client.require("POST", "auth/istio-issuer/login", {
    content: { role_id, secret_id },
  });
  return auth!.client_token;
}
