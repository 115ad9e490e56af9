import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** Signs tokens as a CI system does, with a key of its own. */
export class CiTokens {
  public readonly publicKey: string;
  private readonly key: KeyObject;

  /** `claims` are those of a job that may log in. */
  constructor(private readonly claims: Readonly<Record<string, unknown>>) {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.key = privateKey;
    this.publicKey = publicKey.export({ type: "spki", format: "pem" }) as string;
  }

  /** A token of the job, with some claims changed; `undefined` leaves one out. */
  public token(change: Readonly<Record<string, unknown>> = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iat: now, nbf: now, exp: now + 300, ...this.claims, ...change };
    const text = [{ alg: "RS256", typ: "JWT" }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${sign("sha256", Buffer.from(text), this.key).toString("base64url")}`;
  }
}
