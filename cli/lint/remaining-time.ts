import { span } from "../command-line/text";
import type { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import type { LintOptions } from "./lint-options";
import { rules } from "./rules";

/** What of a lifetime may be used before its renewal is due. */
const DUE_AFTER = 2 / 3;

/** Whether a path that holds today still does when a renewed one arrives. */
export function remainingTime(
  path: readonly CaCertificate[],
  { now, renderInterval }: LintOptions,
): LintFinding[] {
  const findings = path.slice(1).flatMap((issuer, index) => {
    const certificate = path[index]!;
    return certificate.notAfter > issuer.notAfter
      ? [
          inFile(
            certificate.file,
            rules.issuerEndsFirst(certificate.name, issuer.name, issuer.notAfter.toISOString()),
          ),
        ]
      : [];
  });
  const first = path.reduce((earliest, next) => (next.notAfter < earliest.notAfter ? next : earliest));
  const left = first.notAfter.getTime() - now.getTime();
  const lifetime = first.notAfter.getTime() - path[0]!.notBefore.getTime();
  if (renderInterval && left < renderInterval.toSeconds() * 1000) {
    findings.push(
      inFile(first.file, rules.chainEndsBeforeRender(first.name, span(left), renderInterval.toString())),
    );
  } else if (left < lifetime * (1 - DUE_AFTER)) {
    findings.push(inFile(first.file, rules.renewalDue(first.name, first.notAfter.toISOString(), span(left))));
  }
  return findings;
}
