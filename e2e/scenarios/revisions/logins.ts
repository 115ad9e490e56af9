import { readFileSync } from "node:fs";
import type { Rig } from "../../rig";
import { CLUSTER } from "./mesh";

const MOUNT = `kubernetes-${CLUSTER}`;

/** What Vault answers to a login as istiod's role with a token of this ServiceAccount. */
export async function loginStatus(rig: Rig, serviceAccount: string): Promise<number> {
  const jwt = await rig.cluster(CLUSTER).token({ namespace: "istio-system", serviceAccount });
  return (await rig.vault.client.login(MOUNT, "istiod", jwt)).status;
}

/** The ServiceAccounts that logged in with success, as Vault's audit log has it. */
export function loggedIn(rig: Rig): Set<string> {
  const entries = readFileSync(rig.vault.auditLog, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditEntry);
  return new Set(
    entries
      .filter(({ type, request }) => type === "response" && request.path === `auth/${MOUNT}/login`)
      .flatMap(({ auth }) => auth?.metadata?.service_account_name ?? []),
  );
}

interface AuditEntry {
  readonly type: "request" | "response";
  readonly request: { readonly path: string };
  readonly auth?: { readonly metadata?: { readonly service_account_name?: string } };
}
