import { generateKeyPairSync } from "node:crypto";
import { keyId, publicKeys, wrongPublicKeys } from "../../config/public-keys";
import { CA_PEM } from "../support/synth";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = publicKey.export({ type: "spki", format: "pem" }).toString().trimEnd();
const jwks = (...keys: object[]) => `\n${JSON.stringify({ keys })}\n`;

const KIND = "a key that is not RSA, ECDSA (P-256, P-384 or P-521) or Ed25519";

test("are found in PEM one by one, as they are written", () => {
  const broad = PEM.replace(/(?<=[^-])\n(?=[^-])/g, "");
  expect(broad).not.toBe(PEM);
  expect(publicKeys(`# a comment\n${PEM}\n\n${broad}\n`)).toEqual([PEM, broad]);
});

test("are made anew from a compressed point, which Vault does not read", () => {
  const compressed = `-----BEGIN PUBLIC KEY-----
MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAC42Tf7WTK126l3VmF9k6Hba+zgP6y
xJIpJTIkbv1Ugcc=
-----END PUBLIC KEY-----`;
  const [key] = publicKeys(compressed);
  expect(Buffer.from(key!.replace(/-----.*-----/g, ""), "base64")).toHaveLength(91);
  expect(keyId(key!)).toBe(keyId(compressed));
});

test.each([
  ["a PKCS #1 key", publicKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["a JWKS", jwks({ ...publicKey.export({ format: "jwk" }), use: "sig", kid: "one" })],
  ["a JWKS with a byte order mark", `\ufeff${jwks(publicKey.export({ format: "jwk" }))}`],
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
  ["a private key", jwks({ ...privateKey.export({ format: "jwk" }), d: undefined })],
  ["a private key", JSON.stringify(privateKey.export({ format: "jwk" }))],
  [KIND, jwks(generateKeyPairSync("x25519").publicKey.export({ format: "jwk" }))],
  [KIND, jwks(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ format: "jwk" }))],
  ["a key that cannot be read", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"],
  ["a key that cannot be read", jwks(["x"])],
  ["no public key", ""],
  ["no public key", jwks()],
  ["no public key", "{}"],
  ["a key that cannot be read", "{"],
  ["a key that cannot be read", jwks({ kty: "RSA" })],
  ["a key that cannot be read", CA_PEM.replace("MII", "MIJ")],
])("are not %s", (holds, text) => {
  expect(wrongPublicKeys(text)).toBe(holds);
});
