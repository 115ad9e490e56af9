import { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import { intendedBlocks, pemBlocks } from "./pem-blocks";
import type { PluginCaFileName } from "./plugin-ca-files";
import { rules } from "./rules";

export interface CertificateFile {
  readonly certificates: readonly CaCertificate[];
  readonly findings: readonly LintFinding[];
}

/** Reads the certificates istiod would find in a file. */
export function readCertificateFile(file: PluginCaFileName, pem: string): CertificateFile {
  if (pem.trim() === "") return { certificates: [], findings: [inFile(file, rules.pluginCaFileEmpty())] };
  const blocks = pemBlocks(pem);
  const certificates: CaCertificate[] = [];
  const wrong: string[] = [];
  blocks.forEach(({ type, der, hasHeaders }, index) => {
    if (type.endsWith("PRIVATE KEY")) return;
    const which = `block ${index + 1}`;
    if (type !== "CERTIFICATE") wrong.push(`${which} is a ${type}`);
    else if (hasHeaders) wrong.push(`${which} has header lines`);
    else {
      try {
        certificates.push(CaCertificate.read(der, file));
      } catch {
        wrong.push(`${which} is no certificate`);
      }
    }
  });
  if (blocks.length === 0) wrong.push("holds no PEM block");
  else if (intendedBlocks(pem) > blocks.length) wrong.push("a marker is not on a line of its own");

  const findings = wrong.map((what) => inFile(file, rules.certificateUnreadable(what)));
  if (/PRIVATE KEY-----/.test(pem)) findings.push(inFile(file, rules.privateKeyInPublicFile()));
  return { certificates, findings };
}
