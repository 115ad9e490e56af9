import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from "node:crypto";
import { containsPrivateKey } from "../lib/private/pem";
import { isMapping } from "./mesh-text";

const BLOCKS = /-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----[\s\S]+?-----END \1-----/g;

/** Members of a JWK that only its owner has; "k" is a symmetric one's. */
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** What Vault verifies tokens with. */
const CURVES: readonly (string | undefined)[] = ["prime256v1", "secp384r1", "secp521r1"];

/** What a file of public keys holds in their place; undefined where it is one. */
export function wrongPublicKeys(contents: string): string | undefined {
  if (containsPrivateKey(contents)) return "a private key";
  try {
    return publicKeys(contents).length === 0 ? "no public key" : undefined;
  } catch (error) {
    return error instanceof RefusedKey ? error.message : "a key that cannot be read";
  }
}

/** The public keys of a PEM text or a JWKS, each as PEM. */
export function publicKeys(contents: string): string[] {
  return contents.trimStart().startsWith("{")
    ? jsonWebKeys(contents.trim())
    : [...contents.matchAll(BLOCKS)].map(([block, type]) => fromPem(block, type));
}

/** A key by what it is: the same one may be written in several ways. */
export function keyId(pem: string): string {
  const { kty, crv, x, y, n, e } = createPublicKey(pem).export({ format: "jwk" });
  return JSON.stringify([kty, crv, x, y, n, e]);
}

class RefusedKey extends Error {}

function jsonWebKeys(text: string): string[] {
  const set: unknown = JSON.parse(text);
  const keys = isMapping(set) && Array.isArray(set.keys) ? (set.keys as unknown[]) : [];
  if ([set, ...keys].some((key) => isMapping(key) && PRIVATE.some((member) => member in key))) {
    throw new RefusedKey("a private key");
  }
  return keys.map((key) => pemOf(createPublicKey({ key: key as JsonWebKey, format: "jwk" })));
}

/** A block of the usual form stays as it is written: Vault would show other bytes as a change. */
function fromPem(block: string, type: string): string {
  const pem = pemOf(type === "CERTIFICATE" ? new X509Certificate(block).publicKey : createPublicKey(block));
  const bare = (text: string) => text.replace(/\s/g, "");
  return bare(block) === bare(pem) ? block : pem;
}

/** In the form that Vault reads: made anew from its numbers, since OpenSSL keeps others, as compressed points are. */
function pemOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== "rsa" && type !== "ed25519" && !(type === "ec" && CURVES.includes(details?.namedCurve))) {
    throw new RefusedKey("a key that is not RSA, ECDSA (P-256, P-384 or P-521) or Ed25519");
  }
  const anew = createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" });
  return anew.export({ type: "spki", format: "pem" }).toString().trimEnd();
}
