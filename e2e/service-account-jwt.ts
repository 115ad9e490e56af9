import { createSign } from "node:crypto";

/** Signs a ServiceAccount token anew, some of its claims changed, as only its cluster's API server could. */
export function withClaims(token: string, claims: object, privateKey: string): string {
  const [header, payload] = token.split(".");
  const changed = { ...JSON.parse(Buffer.from(payload!, "base64url").toString()), ...claims };
  const signed = `${header}.${Buffer.from(JSON.stringify(changed)).toString("base64url")}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(privateKey, "base64url")}`;
}

/** Claims of a token that was made this many seconds from now and is valid for an hour. */
export function madeIn(seconds: number): object {
  const made = Math.floor(Date.now() / 1000) + seconds;
  return { iat: made, nbf: made, exp: made + 3600 };
}
