import { redact } from "../lib/private/shown";
import { isMapping } from "./mesh-text";

/** Arguments of Terraform's own backends that hold a credential itself, and not where it is. */
const CREDENTIALS = new Set([
  ...["access_key", "secret_key", "token", "sse_customer_key"], // s3, and others
  ...["sas_token", "client_secret", "client_certificate_password", "oidc_token", "oidc_request_token"], // azurerm
  ...["access_token", "encryption_key"], // gcs, consul
  ...["password", "client_private_key_pem", "client_key"], // http, kubernetes
  ...["secret_id", "security_token"], // cos, oss
]);

/** Paths in a backend's arguments under which a credential is written. */
export function secretsIn(value: unknown, path: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  if (typeof value === "string") {
    const isNamed = CREDENTIALS.has(String(path.at(-1)));
    return value !== "" && (isNamed || looksSecret(value)) ? [path] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index]));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, below]) => secretsIn(below, [...path, key]));
}

/** A user of a URL alone is none. */
function looksSecret(value: string): boolean {
  const text = value.replace(/(:\/\/)[^/:@\s]*@/, "$1");
  return redact(text) !== text;
}
