import { DerError } from "../../lib/private/x509/der-reader";
import { intendedBlocks, type PemBlock, pemBlocks } from "../../lib/private/x509/pem-blocks";
import { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import { PLUGIN_CA_FILE_NAMES, type PluginCaFileName } from "./plugin-ca-files";
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
  blocks.forEach((block, index) => {
    if (block.type.endsWith("PRIVATE KEY")) return;
    const read = readBlock(block, file);
    if (typeof read === "string") wrong.push(`block ${index + 1} ${read}`);
    else certificates.push(read);
  });
  if (blocks.length === 0) wrong.push(whyNoBlock(pem));
  else if (intendedBlocks(pem) > blocks.length) wrong.push("a marker is not on a line of its own");

  const findings = wrong.map((what) => inFile(file, rules.certificateUnreadable(what)));
  if (/PRIVATE KEY-----/.test(pem)) findings.push(inFile(file, rules.privateKeyInPublicFile()));
  return { certificates, findings };
}

/** A certificate, or why istiod and its peers do not read it. */
function readBlock(
  { type, der, isSplit, hasHeaders }: PemBlock,
  file: PluginCaFileName,
): CaCertificate | string {
  if (type === "PKCS7") return "is a PKCS7; take its certificates out by openssl pkcs7 -print_certs";
  if (type !== "CERTIFICATE") return `is a ${type}`;
  // istiod alone reads ca-cert.pem. Of the others Go leaves out a block with headers, and proxies one with such a line.
  if (file !== PLUGIN_CA_FILE_NAMES.caCert) {
    if (hasHeaders) return "has header lines";
    if (isSplit) return "has an empty line in its base64";
  }
  if (der === undefined) return "is no base64";
  try {
    return CaCertificate.read(der, file);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return error.message;
  }
}

function whyNoBlock(text: string): string {
  // DER begins with a SEQUENCE of a long length, which is no text.
  return /^0[\x80-\x84\uFFFD]/.test(text)
    ? "holds DER; convert it by openssl x509 -inform der, or a PKCS #7 by openssl pkcs7 -inform der -print_certs"
    : "holds no PEM block";
}
