import type { X509Certificate } from "node:crypto";

/** A certificate by its SHA-256, hexadecimal, without colons: as the issuer's record has it. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}

export function sameCertificates(
  one: readonly X509Certificate[],
  other: readonly X509Certificate[],
): boolean {
  const text = (list: readonly X509Certificate[]) => list.map(fingerprintOf).join();
  return text(one) === text(other);
}

export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key of a kind that cannot have made this signature
  }
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return isSignedBy(certificate, certificate);
}

export function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo);
}

/**
 * The shortest way up from the first certificate of a chain to one of the roots, both included;
 * undefined where there is none. A root sent along in a chain, cross-signed by another, makes longer ones.
 */
export function pathToRoot(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): X509Certificate[] | undefined {
  let paths = chain.slice(0, 1).map((start) => [start]);
  while (paths.length > 0) {
    const anchored = paths.flatMap((path) => {
      const root = roots.find((candidate) => isSignedBy(path.at(-1)!, candidate));
      return root ? [[...path, root]] : [];
    });
    if (anchored.length > 0) return anchored[0];
    paths = paths.flatMap((path) =>
      chain
        .filter((next) => !path.includes(next) && isSignedBy(path.at(-1)!, next))
        .map((next) => [...path, next]),
    );
  }
  return undefined;
}
