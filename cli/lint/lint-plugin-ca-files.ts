import { bundleChange } from "./bundle-change";
import type { CaCertificate } from "./ca-certificate";
import { lintCaKey } from "./ca-key";
import { readCertificateFile } from "./certificate-file";
import { type CertificationPath, certificationPaths } from "./certification-path";
import { chainShape, whyNoRoot } from "./chain-shape";
import { errorsFirst, inFile, type LintFinding } from "./lint-finding";
import type { LintOptions } from "./lint-options";
import { pathProblems } from "./path-problems";
import { PLUGIN_CA_FILE_NAMES, type PluginCaFileName, type PluginCaFiles } from "./plugin-ca-files";
import { remainingTime } from "./remaining-time";
import { rules } from "./rules";

const { caCert: CA_CERT, certChain: CERT_CHAIN, rootCert: ROOT_CERT } = PLUGIN_CA_FILE_NAMES;

/**
 * Checks the plug-in CA files of one istiod: its own rules at start and at reload, and what it does
 * not check although workloads fail by it. Errors first; no finding shows key material.
 */
export function lintPluginCaFiles(files: PluginCaFiles, options: LintOptions): LintFinding[] {
  const missing = missingFiles(files, options);
  if (missing.length === 4) return [inFile("", rules.pluginCaFilesAbsent())];
  const read = (file: PluginCaFileName, pem: string | undefined) =>
    pem === undefined ? { certificates: [], findings: [] } : readCertificateFile(file, pem);
  const caCert = read(CA_CERT, files.caCert);
  const chain = read(CERT_CHAIN, files.certChain);
  const bundle = read(ROOT_CERT, files.rootCert);
  const [intermediate, ...further] = caCert.certificates;

  return errorsFirst([
    ...missing.map((file) => inFile(file, rules.pluginCaFileMissing())),
    ...[caCert, chain, bundle].flatMap(({ findings }) => findings),
    ...(files.caKey === undefined ? [] : lintCaKey(files.caKey, intermediate)),
    ...further.map(({ file, name }) => inFile(file, rules.strayCertificate(name))),
    ...(intermediate ? lintChain(intermediate, chain.certificates, bundle.certificates, options) : []),
    ...bundle.certificates.flatMap((root) => lintRoot(root, intermediate, options.now)),
    ...(files.rootCert && options.previous ? bundleChange(files.rootCert, options.previous) : []),
  ]);
}

function missingFiles(files: PluginCaFiles, { publicOnly }: LintOptions): PluginCaFileName[] {
  return (Object.keys(PLUGIN_CA_FILE_NAMES) as (keyof PluginCaFiles)[])
    .filter((file) => files[file] === undefined && !(publicOnly && file === "caKey"))
    .map((file) => PLUGIN_CA_FILE_NAMES[file]);
}

function lintChain(
  intermediate: CaCertificate,
  chain: readonly CaCertificate[],
  bundle: readonly CaCertificate[],
  options: LintOptions,
): LintFinding[] {
  const served = chain.filter((certificate) => certificate.hasNameAndKeyOf(intermediate));
  const starts = [intermediate, ...served.filter((certificate) => !certificate.equals(intermediate))];
  const best = starts.map((start) => bestPath(certificationPaths(start, chain, bundle), options.now));
  const [{ path, problems }] = best as [Candidate, ...Candidate[]];
  const findings = best.flatMap((candidate) => candidate.problems);
  if (problems.every(({ level }) => level !== "error"))
    findings.push(...remainingTime(path.certificates, options));
  if (!path.anchored && bundle.length > 0) {
    findings.push(inFile(CERT_CHAIN, rules.chainToNoRoot(whyNoRoot(path.certificates, chain, bundle))));
  }
  if (chain.length > 0) {
    if (served.length === 0) findings.push(inFile(CERT_CHAIN, rules.chainWithoutIntermediate()));
    else findings.push(...chainShape(chain, path.certificates, bundle));
  }
  return findings;
}

interface Candidate {
  readonly path: CertificationPath;
  readonly problems: readonly LintFinding[];
}

/** A verifier takes whichever path holds, so the one with the fewest errors tells what is wrong. */
function bestPath(paths: readonly CertificationPath[], now: Date): Candidate {
  const candidates = paths.map((path) => ({ path, problems: pathProblems(path.certificates, now) }));
  const cost = ({ path, problems }: Candidate) =>
    (path.anchored ? 0 : 1000) + problems.filter(({ level }) => level === "error").length;
  return candidates.reduce((best, candidate) => (cost(candidate) < cost(best) ? candidate : best));
}

/** A root of the bundle, whether or not the intermediate is under it. */
function lintRoot(root: CaCertificate, intermediate: CaCertificate | undefined, now: Date): LintFinding[] {
  const findings = [];
  if (!root.isSelfSigned) findings.push(rules.bundleHoldsNoRoot(root.name));
  if (now > root.notAfter && !intermediate?.isSignedBy(root))
    findings.push(rules.bundleRootExpired(root.name, root.notAfter.toISOString()));
  return findings.map((finding) => inFile(root.file, finding));
}
