import { bundleChange } from "./bundle-change";
import type { CaCertificate } from "./ca-certificate";
import { lintCaKey } from "./ca-key";
import { readCertificateFile } from "./certificate-file";
import {
  alternatives,
  type CertificationPath,
  certificationPaths,
  pathOfOpenSsl,
  pathsOfGo,
  type Surroundings,
} from "./certification-path";
import { chainShape, whyNoRoot } from "./chain-shape";
import { unusableKind } from "./key-kind";
import { errorsFirst, inFile, type LintFinding } from "./lint-finding";
import type { LintOptions } from "./lint-options";
import { pathProblems } from "./path-problems";
import { PLUGIN_CA_FILE_NAMES, type PluginCaFileName, type PluginCaFiles } from "./plugin-ca-files";
import { remainingTime } from "./remaining-time";
import { lintRevocationLists } from "./revocation-lists";
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
  const surroundings = { chain: chain.certificates, bundle: bundle.certificates, now: options.now };

  return errorsFirst([
    ...missing.map((file) => inFile(file, rules.pluginCaFileMissing())),
    ...[caCert, chain, bundle].flatMap(({ findings }) => findings),
    ...(files.caKey === undefined ? [] : lintCaKey(files.caKey, intermediate)),
    ...further.map(({ file, name }) => inFile(file, rules.strayCertificate(name))),
    ...(intermediate ? lintChain(intermediate, surroundings, { ...options, caCrl: files.caCrl }) : []),
    ...bundle.certificates.flatMap((root) => lintRoot(root, intermediate, options.now)),
    ...(files.rootCert && options.previous ? bundleChange(files.rootCert, options.previous) : []),
  ]);
}

function missingFiles(files: PluginCaFiles, { publicOnly }: LintOptions): PluginCaFileName[] {
  return (Object.keys(PLUGIN_CA_FILE_NAMES) as (keyof typeof PLUGIN_CA_FILE_NAMES)[])
    .filter((file) => files[file] === undefined && !(publicOnly && file === "caKey"))
    .map((file) => PLUGIN_CA_FILE_NAMES[file]);
}

function lintChain(
  intermediate: CaCertificate,
  surroundings: Surroundings,
  { caCrl, ...options }: LintOptions & Pick<PluginCaFiles, "caCrl">,
): LintFinding[] {
  const { chain, bundle } = surroundings;
  const served = chain.filter((certificate) => certificate.hasNameAndKeyOf(intermediate));
  const starts = [intermediate, ...served.filter((certificate) => !certificate.equals(intermediate))];
  const best = starts.map((start) => bestPath(start, surroundings));
  const [{ path, problems }] = best as [Candidate, ...Candidate[]];
  const findings = best.flatMap((candidate) => candidate.problems);
  if (findings.every(({ level }) => level !== "error")) {
    findings.push(...remainingTime(path.certificates, options));
    if (path.anchored && served.length > 0) findings.push(...elsewhere(path, surroundings));
  }
  if (!path.anchored && bundle.length > 0 && !problems.some(({ rule }) => rule === rules.tooManyPaths.id)) {
    findings.push(inFile(CERT_CHAIN, rules.chainToNoRoot(whyNoRoot(path.certificates, chain, bundle))));
  }
  if (intermediate.isNameless) findings.push(inFile(CA_CERT, rules.noSubject(intermediate.name)));
  if (chain.length > 0) {
    if (served.length === 0) findings.push(inFile(CERT_CHAIN, rules.chainWithoutIntermediate()));
    else findings.push(...chainShape(chain, path.certificates, bundle));
  }
  const judged = best.flatMap((candidate) => candidate.path.certificates);
  findings.push(...unfitForChain(chain, judged, options.now));
  if (caCrl !== undefined) {
    const authorities = [...new Set([...path.certificates, ...chain])];
    const distinct = [...new Map(authorities.map((each) => [each.fingerprint, each])).values()];
    findings.push(...lintRevocationLists(caCrl, distinct, options.now));
  }
  return findings;
}

interface Candidate {
  readonly path: CertificationPath;
  readonly problems: readonly LintFinding[];
}

/** Go takes whichever path holds; where none does, the one with the fewest errors tells what is wrong. */
function bestPath(start: CaCertificate, surroundings: Surroundings): Candidate {
  const { chain, bundle, now } = surroundings;
  const { paths, brokenOff } = pathsOfGo(start, surroundings);
  const judged = (path: CertificationPath) => ({ path, problems: pathProblems(path.certificates, now) });
  const cost = ({ path, problems }: Candidate) =>
    (path.anchored ? 0 : 1000) + problems.filter(({ level }) => level === "error").length;
  const least = (candidates: readonly Candidate[]) =>
    candidates.reduce((best, candidate) => (cost(candidate) < cost(best) ? candidate : best));
  const found = paths.filter(({ anchored }) => anchored).map(judged);
  if (found.length > 0) return least(found);
  const explained = least(certificationPaths(start, chain, bundle).map(judged));
  if (!brokenOff) return explained;
  const limit = inFile(CERT_CHAIN, rules.tooManyPaths(start.name));
  return { ...explained, problems: [limit, ...explained.problems] };
}

/** What is wrong with the ways that OpenSSL and BoringSSL may go, where they are others than Go's. */
function elsewhere({ certificates }: CertificationPath, surroundings: Surroundings): LintFinding[] {
  const mistaken = (at: number, taken: CaCertificate | undefined) => {
    const signed = certificates[at - 1]?.name ?? "every certificate that istiod issues";
    const label = taken?.label ?? "no certificate of the files";
    const file = (taken ?? certificates[0]!).file;
    return inFile(file, rules.issuerMistaken(signed, certificates[at]!.label, label));
  };
  const findings = alternatives(certificates, surroundings).flatMap(({ at, certificate }) => {
    if (!certificate.hasNameAndKeyOf(certificates[at]!)) return [mistaken(at, certificate)];
    // Of those that are current and those that are not, each takes the former.
    const problems = pathProblems(certificates.with(at, certificate), surroundings.now);
    return problems.filter(({ level, rule }) => level === "error" && !OF_TIME.has(rule));
  });
  if (findings.length > 0) return findings;
  const other = pathOfOpenSsl(certificates[0]!, surroundings);
  const at = certificates.findIndex((step, index) => !other.certificates[index]?.hasNameAndKeyOf(step));
  if (at === -1 && other.anchored) return [];
  const isSigned = other.certificates.every(
    (certificate, index, { [index + 1]: issuer }) => !issuer || certificate.isSignedBy(issuer),
  );
  const begins = at !== 0;
  if (begins && isSigned && other.anchored) {
    return pathProblems(other.certificates, surroundings.now).filter(({ level }) => level === "error");
  }
  const place = at === -1 ? certificates.length - 1 : at;
  return [mistaken(place, other.certificates[place])];
}

const OF_TIME: ReadonlySet<string> = new Set([rules.certificateExpired.id, rules.certificateNotYetValid.id]);

/** What keeps istiod or its peers from a chain although it is of certificates that are on no path. */
function unfitForChain(
  chain: readonly CaCertificate[],
  judged: readonly CaCertificate[],
  now: Date,
): LintFinding[] {
  const others = chain.filter((certificate) => !judged.some((step) => step.equals(certificate)));
  const findings = others.flatMap((certificate) => {
    const { name, file, publicKey, isSelfIssued } = certificate;
    const kind = unusableKind(publicKey);
    const algorithm = isSelfIssued ? certificate.unknownSignature : certificate.refusedSignature;
    return [
      ...(kind === undefined ? [] : [inFile(file, rules.caKeyKind(name, kind))]),
      ...(algorithm === undefined ? [] : [inFile(file, rules.chainSignature(name, algorithm))]),
    ];
  });
  const [first] = chain;
  if (first && others.includes(first) && now > first.notAfter) {
    findings.push(inFile(first.file, rules.certificateExpired(first.name, first.notAfter.toISOString())));
  }
  return findings;
}

/** A root of the bundle, whether or not the intermediate is under it. */
function lintRoot(root: CaCertificate, intermediate: CaCertificate | undefined, now: Date): LintFinding[] {
  const findings = [];
  const algorithm = root.unknownSignature;
  if (algorithm !== undefined) findings.push(rules.chainSignature(root.name, algorithm));
  if (!root.isSelfIssued) findings.push(rules.bundleHoldsNoRoot(root.name));
  else if (root.namesAnotherKeyThan(root) || root.namesAnotherCertificateThan(root))
    findings.push(rules.rootAuthorityKeyId(root.name));
  else if (!root.isSignedBy(root)) findings.push(rules.rootSignature(root.name));
  if (now > root.notAfter && !intermediate?.isSignedBy(root))
    findings.push(rules.bundleRootExpired(root.name, root.notAfter.toISOString()));
  return findings.map((finding) => inFile(root.file, finding));
}
