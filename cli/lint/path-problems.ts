import type { CaCertificate } from "./ca-certificate";
import { shortRsaBits, unusableKind } from "./key-kind";
import { inFile, type LintFinding } from "./lint-finding";
import { rules } from "./rules";

/** What keeps leaves from verifying along a path; the path's first certificate signs them. */
export function pathProblems(path: readonly CaCertificate[], now: Date): LintFinding[] {
  return path.flatMap((certificate, below) => {
    const issuer = path[below + 1];
    const { name, file } = certificate;
    const findings = [...validity(certificate, now), ...purpose(certificate, below)];
    if (issuer) findings.push(...signature(certificate, issuer));
    if (certificate.constrainsNames) findings.push(rules.nameConstraints(name));
    for (const oid of certificate.unknownCriticalExtensions) {
      findings.push(rules.unknownCriticalExtension(name, oid));
    }
    const kind = unusableKind(certificate.publicKey);
    if (kind !== undefined) findings.push(rules.caKeyKind(name, kind));
    const bits = shortRsaBits(certificate.publicKey);
    if (bits !== undefined) findings.push(rules.shortRsaKey(name, `${bits}`));
    return findings.map((finding) => inFile(file, finding));
  });
}

function validity({ name, notBefore, notAfter }: CaCertificate, now: Date) {
  if (now > notAfter) return [rules.certificateExpired(name, notAfter.toISOString())];
  return now < notBefore ? [rules.certificateNotYetValid(name, notBefore.toISOString())] : [];
}

function purpose(certificate: CaCertificate, below: number) {
  const { name, isCa, pathLength, maySignCertificates, missingUsages } = certificate;
  const findings = [];
  if (!isCa) findings.push(rules.notCa(name));
  else if (pathLength !== undefined && pathLength < below) {
    findings.push(rules.pathLength(name, `${pathLength}`, `${below}`));
  }
  if (maySignCertificates === false) findings.push(rules.keyCertSignMissing(name));
  if (maySignCertificates === undefined && !certificate.isSelfSigned)
    findings.push(rules.keyUsageMissing(name));
  if (missingUsages.length > 0) findings.push(rules.extendedKeyUsage(name, missingUsages.join(" and ")));
  return findings;
}

function signature(certificate: CaCertificate, issuer: CaCertificate) {
  const { name, signatureHash } = certificate;
  const findings = [];
  if (signatureHash === "SHA-1" || signatureHash === "MD5")
    findings.push(rules.weakSignature(name, signatureHash));
  if (certificate.namesAnotherKeyThan(issuer)) findings.push(rules.authorityKeyId(name, issuer.name));
  return findings;
}
