import { ANY_POLICY } from "../../lib/private/x509/extensions";
import type { CaCertificate } from "./ca-certificate";
import { shortRsaBits, unusableKind } from "./key-kind";
import { inFile, type LintFinding } from "./lint-finding";
import { rules } from "./rules";

/** What keeps leaves from verifying along a path; the path's first certificate signs them. */
export function pathProblems(path: readonly CaCertificate[], now: Date): LintFinding[] {
  const each = path.flatMap((certificate, below) => {
    const issuer = path[below + 1];
    const { name, file, fields } = certificate;
    const findings = [...validity(certificate, now), ...purpose(certificate, below)];
    if (issuer) findings.push(...signature(certificate, issuer));
    if (fields.constrainsNames) findings.push(rules.nameConstraints(name));
    for (const oid of fields.unknownCritical) findings.push(rules.unknownCriticalExtension(name, oid));
    const kind = unusableKind(certificate.publicKey);
    if (kind !== undefined) findings.push(rules.caKeyKind(name, kind));
    const bits = shortRsaBits(certificate.publicKey);
    if (bits !== undefined) findings.push(rules.shortRsaKey(name, `${bits}`));
    return findings.map((finding) => inFile(file, finding));
  });
  return [...each, ...policies(path)];
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
  if (maySignCertificates === undefined && !certificate.isSelfIssued)
    findings.push(rules.keyUsageMissing(name));
  if (missingUsages.length > 0) findings.push(rules.extendedKeyUsage(name, missingUsages.join(" and ")));
  return findings;
}

function signature(certificate: CaCertificate, issuer: CaCertificate) {
  const { name, refusedSignature } = certificate;
  const findings = [];
  if (refusedSignature !== undefined) findings.push(rules.weakSignature(name, refusedSignature));
  if (certificate.namesAnotherKeyThan(issuer)) findings.push(rules.authorityKeyId(name, issuer.name));
  if (certificate.namesAnotherCertificateThan(issuer))
    findings.push(rules.authorityCertificate(name, issuer.name));
  return findings;
}

/**
 * Workloads have no certificate policies, so a certificate that demands some of all below it shuts them out. Go
 * counts as RFC 5280 does: from each certificate on that says so, `requireExplicitPolicy` more may come before it
 * holds, and those that are their own issuer by name do not count. BoringSSL also looks at a root's own demands.
 */
function policies(path: readonly CaCertificate[]): LintFinding[] {
  let allowed = Number.POSITIVE_INFINITY;
  let demanding: CaCertificate | undefined;
  const findings: LintFinding[] = [];
  for (const certificate of path.toReversed()) {
    const { requireExplicitPolicy, policyMappings = [] } = certificate.fields;
    if (!certificate.isSelfIssued) allowed -= 1;
    if (requireExplicitPolicy !== undefined && requireExplicitPolicy < allowed) {
      allowed = requireExplicitPolicy;
      demanding = certificate;
    }
    if (policyMappings.some((pair) => pair.includes(ANY_POLICY))) {
      findings.push(
        inFile(certificate.file, rules.policies(certificate.name, "maps the policy that means any")),
      );
    }
  }
  if (demanding && allowed <= 1) {
    findings.push(
      inFile(demanding.file, rules.policies(demanding.name, "demands certificate policies of all below it")),
    );
  }
  return findings;
}
