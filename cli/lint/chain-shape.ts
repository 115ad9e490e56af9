import type { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import { rules } from "./rules";

/** What cert-chain.pem holds besides the path, and whether it is in order. */
export function chainShape(
  chain: readonly CaCertificate[],
  path: readonly CaCertificate[],
  bundle: readonly CaCertificate[],
): LintFinding[] {
  const inChain = (finding: Parameters<typeof inFile>[1]) => inFile(chain[0]!.file, finding);
  const isRoot = (certificate: CaCertificate) => bundle.some((root) => root.equals(certificate));
  const isSelfIssuer = isRoot(path[0]!);
  const roots = chain.filter((certificate) => isRoot(certificate) && !isSelfIssuer);
  const steps = chain.filter((certificate) => !roots.includes(certificate));
  const strays = steps.filter(
    (certificate) =>
      !path.some((step) => step.hasNameAndKeyOf(certificate)) &&
      !isCrossSigned(certificate, [...path, ...bundle]),
  );
  const order = chain.map((certificate) => path.findIndex((step) => step.hasNameAndKeyOf(certificate)));
  const placed = order.filter((place) => place !== -1);
  const findings = [
    ...strays.map(({ name }) => inChain(rules.strayCertificate(name))),
    ...roots.map(({ name }) => inChain(rules.rootInChain(name))),
  ];
  if (order[0] !== 0 || placed.some((place, index) => place < (placed[index - 1] ?? 0))) {
    findings.push(inChain(rules.chainOrder()));
  }
  return findings;
}

/** Whether a certificate is the same authority as one that is of use, signed by another. */
function isCrossSigned(certificate: CaCertificate, useful: readonly CaCertificate[]): boolean {
  return useful.some((other) => other.hasNameAndKeyOf(certificate));
}

/** Where a path that reaches no root breaks off, and why. */
export function whyNoRoot(
  path: readonly CaCertificate[],
  chain: readonly CaCertificate[],
  bundle: readonly CaCertificate[],
): string {
  const last = path.at(-1)!;
  if (last.isSelfIssued) return `the chain ends at ${last.name}, which is not in root-cert.pem`;
  const namesake = [...chain, ...bundle].find(({ subject }) => subject === last.issuer);
  return namesake
    ? `${last.name} is not signed by ${namesake.name} in ${namesake.file}, but by another key of that name`
    : `${last.name} is signed by ${last.issuerName}, which is neither in cert-chain.pem nor in root-cert.pem`;
}
