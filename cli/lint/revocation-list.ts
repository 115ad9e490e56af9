import { constants, type KeyObject, verify } from "node:crypto";
import { DerError, DerReader, Tag } from "../../lib/private/x509/der-reader";
import { authorityKeyId, readExtension } from "../../lib/private/x509/extensions";
import { refusedSignature } from "../../lib/private/x509/signature-algorithm";
import {
  type Algorithm,
  comparableName,
  readAlgorithm,
  readName,
  readTime,
} from "../../lib/private/x509/values";
import type { CaCertificate } from "./ca-certificate";

const AUTHORITY_KEY_ID = "2.5.29.35";
const CRL_NUMBER = "2.5.29.20";
const ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
const REASON_CODE = "2.5.29.21";
const RSA_PSS = "1.2.840.113549.1.1.10";

/** Hashes by the algorithms that name one; the others are RSA-PSS, which says it elsewhere, and Ed25519. */
const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
};

/** A revocation list, as `ca-crl.pem` holds it. */
export class RevocationList {
  /** @throws DerError with what is wrong, in words that follow the list's name */
  public static read(der: Buffer): RevocationList {
    const file = new DerReader(der);
    const list = file.inside(Tag.SEQUENCE);
    if (!file.isEmpty) throw new DerError("has bytes after its end");
    const signed = list.element(Tag.SEQUENCE);
    const outerAlgorithm = list.element(Tag.SEQUENCE);
    const signature = list.bitStringBytes();
    list.end();

    const fields = new DerReader(signed.content);
    if (!fields.nextIs(Tag.INTEGER) || fields.count() !== 1) throw new DerError("is no list of version 2");
    const innerAlgorithm = fields.element(Tag.SEQUENCE);
    if (!innerAlgorithm.whole.equals(outerAlgorithm.whole)) {
      throw new DerError("names two different algorithms for its signature");
    }
    const issuer = comparableName(readName(fields));
    const begin = readTime(fields);
    const isTime = fields.nextIs(Tag.UTC_TIME) || fields.nextIs(Tag.GENERALIZED_TIME);
    const end = isTime ? readTime(fields) : undefined;
    const entries = fields.optional(Tag.SEQUENCE)?.each(readEntry) ?? [];
    const { keyId, refused: refusedExtension } = readListExtensions(fields);
    const algorithm = readAlgorithm(new DerReader(innerAlgorithm.content));
    const refused = refusedSignature(algorithm);
    if (refused !== undefined) throw new DerError(`is signed with ${refused}`);
    return new RevocationList(
      issuer,
      keyId,
      begin,
      end,
      refusedExtension ?? entries.find(({ refused }) => refused !== undefined)?.refused,
      new Set(entries.map(({ serialNumber }) => serialNumber)),
      signed.whole,
      algorithm,
      signature,
    );
  }

  private constructor(
    /** As OpenSSL compares names. */
    private readonly issuer: string,
    private readonly keyId: Buffer | undefined,
    public readonly begin: Date,
    /** When the next one is due, from which on this one no longer counts. */
    public readonly end: Date | undefined,
    /** Why Envoy does not load it, or takes no certificate by it, in words that follow the list's name. */
    public readonly refused: string | undefined,
    private readonly revoked: ReadonlySet<string>,
    private readonly signed: Buffer,
    private readonly algorithm: Algorithm,
    private readonly signature: Buffer,
  ) {}

  /** Whether it could be one of this CA's, by name and key id. */
  public namesIssuer({ comparableSubject, fields: { subjectKeyId } }: CaCertificate): boolean {
    const differs =
      this.keyId !== undefined && subjectKeyId !== undefined && !this.keyId.equals(subjectKeyId);
    return this.issuer === comparableSubject && !differs;
  }

  public isOf(certificate: CaCertificate): boolean {
    if (!this.namesIssuer(certificate) || certificate.maySignRevocationLists === false) return false;
    try {
      return this.verifiesWith(certificate.publicKey);
    } catch {
      return false; // a key of a kind that cannot have made this signature
    }
  }

  public isCurrentAt(moment: Date): boolean {
    return this.begin <= moment && (this.end === undefined || moment <= this.end);
  }

  public names({ fields: { serialNumber } }: CaCertificate): boolean {
    return this.revoked.has(serialNumber.toString("hex"));
  }

  /** What it names, in hexadecimal, without zeros before it. */
  public get serials(): string[] {
    return [...this.revoked].map((serial) => serial.replace(/^(00)+(?=.)/, ""));
  }

  private verifiesWith(key: KeyObject): boolean {
    const { oid, parameters } = this.algorithm;
    if (oid !== RSA_PSS) return verify(HASHES[oid], this.signed, key, this.signature);
    // Its last byte is the length of the salt, which is that of the hash.
    const saltLength = parameters!.at(-1)!;
    return verify(
      `sha${saltLength * 8}`,
      this.signed,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
      this.signature,
    );
  }
}

/** A revoked certificate. */
function readEntry(list: DerReader): { readonly serialNumber: string; readonly refused?: string } {
  const entry = list.inside(Tag.SEQUENCE);
  const serialNumber = entry.integer().toString("hex");
  readTime(entry);
  const extensions = entry.optional(Tag.SEQUENCE)?.each(readOne);
  entry.end();
  if (extensions?.length === 0) return { serialNumber, refused: "has an entry whose extensions are empty" };
  const critical = extensions?.find((extension) => extension.critical && extension.oid !== REASON_CODE);
  return critical === undefined
    ? { serialNumber }
    : { serialNumber, refused: `has an entry with the critical extension ${critical.oid}` };
}

/** The key id of the list's issuer, where it names one. */
function readListExtensions(fields: DerReader): { readonly keyId?: Buffer; readonly refused?: string } {
  const explicit = fields.optional(Tag.explicit(0));
  fields.end();
  const extensions = explicit?.inside(Tag.SEQUENCE).each(readOne);
  explicit?.end();
  if (extensions?.length === 0) return { refused: "has extensions that are empty" };
  let keyId: Buffer | undefined;
  let refused: string | undefined;
  for (const { oid, critical, value } of extensions ?? []) {
    const reader = new DerReader(value);
    if (oid === AUTHORITY_KEY_ID) keyId = authorityKeyId(reader, critical).authorityKeyId?.keyId;
    else if (oid === CRL_NUMBER) reader.integer();
    else if (oid === ISSUING_DISTRIBUTION_POINT) refused = "is for some certificates or reasons alone";
    else if (critical) refused = `has the critical extension ${oid}`;
  }
  return { keyId, refused };
}

function readOne(extensions: DerReader) {
  return readExtension(extensions.inside(Tag.SEQUENCE));
}
