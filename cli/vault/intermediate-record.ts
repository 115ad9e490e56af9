import { X509Certificate } from "node:crypto";
import { shown } from "../../lib/private/shown";

/**
 * The secret's custom metadata about the intermediate: public facts, enough to decide what is due
 * without permission to read a key or to issue.
 */
export interface IntermediateRecord {
  /** Hexadecimal, without colons. */
  readonly serial: string;
  /** SHA-256 of the certificate, hexadecimal, without colons. */
  readonly fingerprint: string;
  /** Name of the root that signed it. */
  readonly root: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Version of the secret these are the facts of. */
  readonly version: number;
}

export function recordOf(certificatePem: string, root: string, version: number): IntermediateRecord {
  const certificate = new X509Certificate(certificatePem);
  return {
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    root,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    version,
  };
}

/** As Vault stores it: strings. */
export function toCustomMetadata(record: IntermediateRecord): Record<string, string> {
  return {
    serial: record.serial,
    sha256: record.fingerprint,
    root: record.root,
    not_before: record.notBefore.toISOString(),
    not_after: record.notAfter.toISOString(),
    version: `${record.version}`,
  };
}

/** Undefined if they are missing, or in another format. */
export function fromCustomMetadata(
  metadata: Readonly<Record<string, string>> | null,
): IntermediateRecord | undefined {
  if (!metadata) return undefined;
  const { serial, sha256, root } = metadata;
  const [notBefore, notAfter] = [new Date(metadata.not_before), new Date(metadata.not_after)];
  const version = Number(metadata.version);
  const whole =
    [serial, sha256].every((text) => typeof text === "string" && /^[0-9a-f]+$/.test(text)) &&
    typeof root === "string" &&
    [notBefore.getTime(), notAfter.getTime(), version].every(Number.isFinite);
  return whole ? { serial, fingerprint: sha256, root: shown(root), notBefore, notAfter, version } : undefined;
}
