import { X509Certificate } from "node:crypto";
import { istiodDnsName } from "../../lib/private/intermediate";
import type { DeclaredIntermediate } from "../../lib/private/issue-at-deploy";
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
  /** What was declared when it was issued, in words; undefined where no deploy issues. */
  readonly declared?: string;
  /** Whether it signed a revocation list, which is kept beside it. */
  readonly hasList?: boolean;
}

/** All of what is declared that a certificate and its key show; the rest says where they are. */
export function declaredText(declared: DeclaredIntermediate): string {
  const { generation, root, key_algorithm, valid_for, istio_namespace, revocation_lists: lists } = declared;
  const listed = lists === undefined ? "" : ", with a revocation list";
  return `generation ${generation} under root ${root}, ${key_algorithm}, ${valid_for}, for ${istiodDnsName(istio_namespace)}${listed}`;
}

/** The generation that it was issued for; undefined where no deploy issued it. */
export function issuedGeneration({ declared }: IntermediateRecord): number | undefined {
  const generation = /^generation (\d+) /.exec(declared ?? "")?.[1];
  return generation === undefined ? undefined : Number(generation);
}

export function recordOf(
  certificatePem: string,
  root: string,
  version: number,
  declared?: string,
): IntermediateRecord {
  const certificate = new X509Certificate(certificatePem);
  return {
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    root,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    version,
    ...(declared !== undefined && { declared }),
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
    ...(record.declared !== undefined && { declared: record.declared }),
    ...(record.hasList && { revocation_list: "issued" }),
  };
}

/** Undefined if they are missing, or in another format. */
export function fromCustomMetadata(
  metadata: Readonly<Record<string, string>> | null,
): IntermediateRecord | undefined {
  if (!metadata) return undefined;
  const { serial, sha256, root, declared } = metadata;
  const [notBefore, notAfter] = [new Date(metadata.not_before), new Date(metadata.not_after)];
  const version = Number(metadata.version);
  const whole =
    [serial, sha256].every((text) => typeof text === "string" && /^[0-9a-f]+$/.test(text)) &&
    typeof root === "string" &&
    [notBefore.getTime(), notAfter.getTime(), version].every(Number.isFinite);
  if (!whole) return undefined;
  return {
    serial,
    fingerprint: sha256,
    root: shown(root),
    notBefore,
    notAfter,
    version,
    ...(declared !== undefined && { declared: shown(declared) }),
    ...(metadata.revocation_list !== undefined && { hasList: true }),
  };
}
