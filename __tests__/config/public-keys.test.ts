import { generateKeyPairSync } from "node:crypto";
import { publicKeys, wrongPublicKeys } from "../../config/public-keys";
import { CA_PEM } from "../support/synth";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = publicKey.export({ type: "spki", format: "pem" }).toString().trimEnd();
const jwks = (...keys: object[]) => `\n${JSON.stringify({ keys })}\n`;

test("are found in PEM one by one, as they are written", () => {
  const key = (text: string) => `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----`;
  expect(publicKeys(`# a comment\n${key("one")}\n\n${key("two")}\n`)).toEqual([key("one"), key("two")]);
});

test.each([
  ["a PKCS #1 key", publicKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["a JWKS", jwks({ ...publicKey.export({ format: "jwk" }), use: "sig", kid: "one" })],
])("are taken from %s", (_what, text) => {
  expect(wrongPublicKeys(text)).toBeUndefined();
  expect(publicKeys(text)).toEqual([PEM]);
});

test("are taken from certificates", () => {
  expect(wrongPublicKeys(CA_PEM)).toBeUndefined();
  expect(publicKeys(CA_PEM)).toEqual([
    expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----$/),
  ]);
});

test.each([
  ["a private key", privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
  ["a private key", jwks(privateKey.export({ format: "jwk" }))],
  ["a private key", jwks({ kty: "oct", k: "c2VjcmV0" })],
  ["no public key", ""],
  ["no public key", jwks()],
  ["no public key", "{}"],
  ["a key that cannot be read", "{"],
  ["a key that cannot be read", jwks({ kty: "RSA" })],
  ["a key that cannot be read", CA_PEM.replace("MII", "MIJ")],
])("are not %s", (holds, text) => {
  expect(wrongPublicKeys(text)).toBe(holds);
});
