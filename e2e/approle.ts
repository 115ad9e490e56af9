import type { Rig } from "./rig";

const ROLE = "auth/istio-issuer/role/istio-issuer";

/** What an administrator hands to the issuer's scheduler: a role id and a new secret id. */
export async function approleCredential({ vault }: Rig): Promise<NodeJS.ProcessEnv> {
  const { data: role } = await vault.ask("GET", `${ROLE}/role-id`);
  const { data: secret } = await vault.ask("POST", `${ROLE}/secret-id`, {});
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
