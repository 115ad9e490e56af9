import { createPrivateKey, type KeyObject } from "node:crypto";
import { pemBlocks } from "../../lib/private/x509/pem-blocks";
import type { CaCertificate } from "./ca-certificate";
import { keyFault } from "./key-form";
import { inFile, type LintFinding } from "./lint-finding";
import { PLUGIN_CA_FILE_NAMES } from "./plugin-ca-files";
import { rules } from "./rules";

const FORMS = { "PRIVATE KEY": "pkcs8", "RSA PRIVATE KEY": "pkcs1", "EC PRIVATE KEY": "sec1" } as const;

/** What is wrong with ca-key.pem, by itself and as the key of `certificate`. Says nothing of its content. */
export function lintCaKey(pem: string, certificate: CaCertificate | undefined): LintFinding[] {
  const found = (finding: ReturnType<typeof rules.caKeyMismatch>) => [
    inFile(PLUGIN_CA_FILE_NAMES.caKey, finding),
  ];
  if (pem.trim() === "") return found(rules.pluginCaFileEmpty());
  const key = readKey(pem);
  if (typeof key === "string") return found(rules.caKeyUnreadable(key));
  return certificate && !certificate.isCertificateOf(key) ? found(rules.caKeyMismatch()) : [];
}

/** The key of the first block, which alone counts; or why istiod cannot read it. */
function readKey(pem: string): KeyObject | string {
  const [block] = pemBlocks(pem);
  if (!block) return "holds no PEM block";
  if (block.type === "ENCRYPTED PRIVATE KEY" || block.hasHeaders) return "begins with an encrypted key";
  if (!Object.hasOwn(FORMS, block.type)) return `begins with a block ${block.type}`;
  if (block.der === undefined) return "begins with a block that is no base64";
  const type = FORMS[block.type as keyof typeof FORMS];
  try {
    const key = createPrivateKey({ key: block.der, format: "der", type });
    const fault = keyFault(type, block.der);
    return fault === undefined ? key : `holds a key that ${fault}`;
  } catch {
    return `has a block ${block.type} that holds no such key`;
  }
}
