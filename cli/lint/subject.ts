import { X509Certificate } from "node:crypto";
import { inFile, type LintFinding } from "./lint-finding";
import { PLUGIN_CA_FILE_NAMES } from "./plugin-ca-files";
import { rules } from "./rules";

/**
 * What an issuer could choose of the subject of an intermediate that Vault signs: its policy pins the rest.
 *
 * @param pem of the intermediate; what is none is told by other rules
 */
export function subjectFindings(pem: string): LintFinding[] {
  const [, serial] = /^serialNumber=(.*)$/m.exec(subjectOf(pem)) ?? [];
  return serial === undefined ? [] : [inFile(PLUGIN_CA_FILE_NAMES.caCert, rules.subjectSerialNumber(serial))];
}

function subjectOf(pem: string): string {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return "";
  }
}
