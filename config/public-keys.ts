import { createPublicKey, type JsonWebKey, X509Certificate } from "node:crypto";
import { containsPrivateKey } from "../lib/private/pem";
import { isMapping } from "./mesh-text";

const BLOCKS = /-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----[\s\S]+?-----END \1-----/g;

/** What a file of public keys holds in their place; undefined where it is one. */
export function wrongPublicKeys(contents: string): string | undefined {
  if (containsPrivateKey(contents)) return "a private key";
  try {
    return publicKeys(contents).length === 0 ? "no public key" : undefined;
  } catch (error) {
    return error instanceof PrivateKeyError ? "a private key" : "a key that cannot be read";
  }
}

/** The public keys of a PEM text or a JWKS, each as PEM. */
export function publicKeys(contents: string): string[] {
  return contents.trimStart().startsWith("{")
    ? jsonWebKeys(contents)
    : [...contents.matchAll(BLOCKS)].map(([block, type]) => fromPem(block, type));
}

class PrivateKeyError extends Error {}

function jsonWebKeys(text: string): string[] {
  const set: unknown = JSON.parse(text);
  const keys = isMapping(set) && Array.isArray(set.keys) ? (set.keys as JsonWebKey[]) : [];
  return keys.map((key) => {
    // "k" is a symmetric one's.
    if ("d" in key || "k" in key) throw new PrivateKeyError();
    return pemOf(createPublicKey({ key, format: "jwk" }));
  });
}

/** A block of the usual kind stays as it is written: Vault would show other bytes as a change. */
function fromPem(block: string, type: string): string {
  if (type === "PUBLIC KEY") return block;
  return pemOf(type === "CERTIFICATE" ? new X509Certificate(block).publicKey : createPublicKey(block));
}

function pemOf(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ type: "spki", format: "pem" }).toString().trimEnd();
}
