import { X509Certificate } from "node:crypto";
import { readCertificateFields } from "./x509/certificate-fields";
import { DerError } from "./x509/der-reader";
import { pemBlocks } from "./x509/pem-blocks";

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
 * Why istiod and proxies would not take a root that OpenSSL reads, in words that follow its name; undefined where
 * they would.
 */
export function whyRefused(pem: string): string | undefined {
  const [block] = pemBlocks(pem);
  try {
    const { unknownCritical } = readCertificateFields(block?.der ?? new X509Certificate(pem).raw);
    return unknownCritical.length === 0
      ? undefined
      : `has the critical extension ${unknownCritical.join(", ")}`;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return error.message;
  }
}

/**
 * A certificate as its one canonical text. A bundle's bytes are compared to the letter, so a comment or
 * another line ending in someone's file must not reach it.
 */
export function canonicalPem(pem: string): string {
  return new X509Certificate(pem).toString();
}

export function containsPrivateKey(pem: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem);
}
