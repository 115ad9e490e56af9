import { RULES_PAGE } from "../../lib/private/pages";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { lintPluginCaFiles } from "../lint/lint-plugin-ca-files";
import type { IntermediateSecret } from "../vault/secret-store";
import type { Target } from "../vault/target";

/**
 * istiod starts with several kinds of wrong files, reports ready, and serves no workload: files are checked
 * before they are written to Vault.
 *
 * @throws CommandError with everything that is wrong; it holds no key
 */
export function requireSoundFiles(
  secret: IntermediateSecret,
  { bundle, lists }: { readonly bundle: string; readonly lists?: string },
  { renderInterval, signingRoot }: Target,
  now: Date,
): void {
  const findings = lintPluginCaFiles(
    {
      ...{ caKey: secret.ca_key, caCert: secret.ca_cert, certChain: secret.cert_chain },
      ...{ rootCert: bundle, caCrl: lists },
    },
    { now, renderInterval },
  );
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  const listed = errors.map(({ file, message, rule, page }) => `  ${file}: ${message} (${rule}, ${page})`);
  throw new CommandError(
    `not written: istiod would not serve with the certificate that root ${signingRoot} signed and the bundle in Vault:`,
    ExitCode.REFUSED,
    [...listed, `Rules: ${RULES_PAGE}`],
  );
}
