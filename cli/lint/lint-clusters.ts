import { readCertificateFile } from "./certificate-file";
import { certificationPaths } from "./certification-path";
import { errorsFirst, inFile, type LintFinding } from "./lint-finding";
import { CA_CRL, PLUGIN_CA_FILE_NAMES, type PluginCaFiles } from "./plugin-ca-files";
import { readRevocationLists } from "./revocation-list-file";
import { rules } from "./rules";

/** One cluster's files; its key is not looked at. */
export interface ClusterFiles {
  readonly cluster: string;
  readonly files: PluginCaFiles;
}

/** What is wrong between clusters whose own files may all be right. */
export function lintClusters(clusters: readonly ClusterFiles[]): LintFinding[] {
  const trusts = clusters.map(readTrust);
  const findings = trusts.flatMap((one, index) => [
    ...untrustedRoot(one, trusts),
    ...uncovered(one, trusts),
    ...trusts
      .slice(index + 1)
      .flatMap((other) => [...differingBundles(one, other), ...sharedKey(one, other)]),
  ]);
  return errorsFirst(findings);
}

type Trust = ReturnType<typeof readTrust>;

function readTrust({ cluster, files }: ClusterFiles) {
  const read = (file: keyof typeof PLUGIN_CA_FILE_NAMES) =>
    readCertificateFile(PLUGIN_CA_FILE_NAMES[file], files[file] ?? "").certificates;
  const [intermediate] = read("caCert");
  const [chain, bundle] = [read("certChain"), read("rootCert")];
  const lists = files.caCrl === undefined ? undefined : readRevocationLists(files.caCrl).lists;
  return { cluster, intermediate, chain, bundle, lists, bytes: files.rootCert ?? "" };
}

function untrustedRoot(
  { cluster, intermediate, chain, bundle }: Trust,
  all: readonly Trust[],
): LintFinding[] {
  if (!intermediate) return [];
  const isAnchored = (roots: Trust["bundle"]) =>
    certificationPaths(intermediate, chain, roots).some(({ anchored }) => anchored);
  const own = certificationPaths(intermediate, chain, bundle).find(({ anchored }) => anchored);
  const without = all.filter((other) => !isAnchored(other.bundle)).map((other) => other.cluster);
  if (!own || without.length === 0) return [];
  const root = own.certificates.at(-1)!.label;
  return [inFile(PLUGIN_CA_FILE_NAMES.rootCert, rules.signingRootNotTrustedByAll(cluster, root, without))];
}

/** Of its own intermediate that is said already. */
function uncovered({ cluster, lists }: Trust, all: readonly Trust[]): LintFinding[] {
  if (!lists || lists.length === 0) return [];
  return all
    .filter((other) => other.cluster !== cluster && other.intermediate)
    .filter(({ intermediate }) => !lists.some((list) => list.isOf(intermediate!)))
    .map((other) => inFile(CA_CRL, rules.crlOfPeerMissing(cluster, other.cluster)));
}

function differingBundles(one: Trust, other: Trust): LintFinding[] {
  if (one.bytes === other.bytes) return [];
  const [mine, theirs] = [one, other].map(({ bundle }) =>
    bundle.map(({ fingerprint }) => fingerprint).sort(),
  );
  const how =
    `${mine}` === `${theirs}`
      ? "hold the same roots in other bytes (their order, line ends or text between)"
      : "hold different roots";
  return [inFile(PLUGIN_CA_FILE_NAMES.rootCert, rules.bundlesDiffer(one.cluster, other.cluster, how))];
}

function sharedKey(one: Trust, other: Trust): LintFinding[] {
  if (one.intermediate?.publicKeyDer !== other.intermediate?.publicKeyDer || !one.intermediate) return [];
  return [inFile(PLUGIN_CA_FILE_NAMES.caCert, rules.intermediateShared(one.cluster, other.cluster))];
}
