import { takesBundle, takesBundlesInAnyOrder } from "../../lib/private/istio-version";
import { readCertificateFile } from "./certificate-file";
import { inFile, type LintFinding } from "./lint-finding";
import type { PreviousBundle } from "./lint-options";
import { PLUGIN_CA_FILE_NAMES } from "./plugin-ca-files";
import { rules } from "./rules";

const ROOT_CERT = PLUGIN_CA_FILE_NAMES.rootCert;

/** Whether a running istiod takes the new `root-cert.pem` in place of the one it has. */
export function bundleChange(
  rootCert: string,
  { rootCert: previous, istioVersion }: PreviousBundle,
): LintFinding[] {
  if (rootCert.includes(previous) || previous.includes(rootCert)) return [];
  const [before, after] = [previous, rootCert].map((pem) => readCertificateFile(ROOT_CERT, pem).certificates);
  const prints = (roots: typeof before) => roots!.map(({ fingerprint }) => fingerprint);
  if (!takesBundle(istioVersion, prints(before), prints(after))) {
    const names = (roots: typeof before) => roots!.map((root) => root.label).join(", ");
    return [
      inFile(ROOT_CERT, rules.bundleNotTaken("these files", istioVersion, names(before), names(after))),
    ];
  }
  return takesBundlesInAnyOrder(istioVersion)
    ? []
    : [inFile(ROOT_CERT, rules.bundleBytesChanged(istioVersion))];
}
