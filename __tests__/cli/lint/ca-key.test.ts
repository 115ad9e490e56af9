import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { lintCaKey } from "../../../cli/lint/ca-key";

/** Keys of which OpenSSL takes more than Go. */

const said = (pem: string) => lintCaKey(pem, undefined).map(({ message }) => message);
const refused = (what: string) => [
  `holds a key that ${what}; istiod does not start on it, and a running one keeps its old CA; write the key alone, unencrypted, as PKCS#8 (PRIVATE KEY), PKCS#1 (RSA PRIVATE KEY) or SEC1 (EC PRIVATE KEY)`,
];
const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1") =>
  key.export({ format: "pem", type } as never) as unknown as string;
const der = (type: string, bytes: Buffer) =>
  `-----BEGIN ${type}-----\n${bytes.toString("base64")}\n-----END ${type}-----\n`;

const { privateKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 2048 });

test.each(["pkcs8", "pkcs1"] as const)("RSA as %s: numbers that belong together", (type) => {
  expect(said(pem(rsa, type))).toEqual([]);
  for (const name of ["dp", "dq", "qi"] satisfies (keyof JsonWebKey)[]) {
    const jwk = rsa.export({ format: "jwk" });
    const bytes = Buffer.from(`${jwk[name]}`, "base64url");
    bytes[bytes.length - 1] ^= 2;
    const other = createPrivateKey({
      key: { ...jwk, [name]: bytes.toString("base64url") },
      format: "jwk",
    });
    expect(said(pem(other, type))).toEqual(refused("has numbers that do not belong together"));
  }
});

test("RSA: nothing after its end", () => {
  const key = rsa.export({ format: "der", type: "pkcs1" });
  expect(said(der("RSA PRIVATE KEY", key))).toEqual([]);
  expect(said(der("RSA PRIVATE KEY", Buffer.concat([key, Buffer.alloc(1)])))).toEqual(
    refused("has bytes after its end"),
  );
});

test.each(["pkcs8", "sec1"] as const)("ECDSA as %s: a curve by its name", (type) => {
  const key = (paramEncoding: "named" | "explicit") =>
    pem(generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding }).privateKey, type);
  expect(said(key("named"))).toEqual([]);
  expect(said(key("explicit"))).toEqual(refused("writes its curve out instead of naming it"));
});

test("ECDSA as SEC1: version 1", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ format: "der", type: "sec1" });
  key[4] = 2;
  expect(said(der("EC PRIVATE KEY", key))).toEqual(refused("is of another version than 1"));
});
