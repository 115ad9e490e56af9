import type { CaCertificate } from "./ca-certificate";

/** From a certificate up, each signed by the next. */
export interface CertificationPath {
  readonly certificates: readonly CaCertificate[];
  /** Whether the last is a trusted root. */
  readonly anchored: boolean;
}

/** Every way up from `start` by names and signatures alone, whatever else is wrong with the certificates. */
export function certificationPaths(
  start: CaCertificate,
  intermediates: readonly CaCertificate[],
  roots: readonly CaCertificate[],
): CertificationPath[] {
  const climb = (path: readonly CaCertificate[]): CertificationPath[] => {
    const last = path.at(-1)!;
    if (roots.some((root) => root.equals(last))) return [{ certificates: path, anchored: true }];
    const isNew = (candidate: CaCertificate) => !path.some((step) => step.hasNameAndKeyOf(candidate));
    const above = [...roots, ...withoutThose(intermediates, roots)].filter(
      (candidate) => isNew(candidate) && last.isSignedBy(candidate),
    );
    return above.length === 0
      ? [{ certificates: path, anchored: false }]
      : above.flatMap((issuer) => climb([...path, issuer]));
  };
  return climb([start]);
}

function withoutThose(certificates: readonly CaCertificate[], others: readonly CaCertificate[]) {
  return certificates.filter((certificate) => !others.some((other) => other.equals(certificate)));
}
