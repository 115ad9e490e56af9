import { X509Certificate } from "node:crypto";

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text; undefined where it holds none, one that cannot be read, or a private key. */
export function parseCertificates(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(CERTIFICATES);
  if (!blocks || containsPrivateKey(pem)) return undefined;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** Whether a PEM text is exactly one CA certificate, signed by its own key. */
export function isSelfSignedCa(pem: string): boolean {
  const certificates = parseCertificates(pem);
  if (certificates?.length !== 1) return false;
  const [certificate] = certificates;
  return certificate.ca && certificate.verify(certificate.publicKey);
}

/**
 * A certificate as its one canonical text. A bundle's bytes are compared to the letter, so a comment or
 * another line ending in someone's file must not reach it.
 */
export function canonicalPem(pem: string): string {
  return new X509Certificate(pem).toString();
}

/** The public keys of a PEM text. */
export function publicKeys(pem: string): string[] {
  return pem.match(/-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g) ?? [];
}

export function containsPrivateKey(pem: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem);
}
