import { type KeyObject, X509Certificate } from "node:crypto";
import { type CertificateFields, readCertificateFields } from "../../lib/private/x509/certificate-fields";
import { DerError } from "../../lib/private/x509/der-reader";
import { CRL_SIGN, KEY_CERT_SIGN } from "../../lib/private/x509/extensions";
import { isUnknownSignature, refusedSignature } from "../../lib/private/x509/signature-algorithm";
import { comparableName } from "../../lib/private/x509/values";
import type { PluginCaFileName } from "./plugin-ca-files";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** A certificate as one of the files holds it. */
export class CaCertificate {
  /** @throws DerError if Go, BoringSSL or OpenSSL does not read it */
  public static read(der: Buffer, file: PluginCaFileName): CaCertificate {
    const fields = readCertificateFields(der);
    const certificate = opened(der);
    return new CaCertificate(certificate, fields, file);
  }

  /** The subject, for people. */
  public readonly name: string;
  public readonly subject: string;
  public readonly issuer: string;
  public readonly publicKeyDer: string;
  /** The names as OpenSSL and BoringSSL compare them. */
  public readonly comparableSubject: string;
  public readonly comparableIssuer: string;
  /** SHA-256 of the whole certificate. */
  public readonly fingerprint: string;
  private readonly signers = new Map<CaCertificate, boolean>();

  private constructor(
    private readonly certificate: X509Certificate,
    public readonly fields: CertificateFields,
    public readonly file: PluginCaFileName,
  ) {
    this.name = `"${inOneLine(certificate.subject) || certificate.serialNumber}"`;
    this.subject = fields.subject.toString("hex");
    this.issuer = fields.issuer.toString("hex");
    this.comparableSubject = comparableName(fields.subject);
    this.comparableIssuer = comparableName(fields.issuer);
    this.publicKeyDer = fields.publicKeyInfo.toString("hex");
    this.fingerprint = certificate.fingerprint256;
  }

  public get publicKey(): KeyObject {
    return this.certificate.publicKey;
  }

  public get notBefore(): Date {
    return this.fields.notBefore;
  }

  public get notAfter(): Date {
    return this.fields.notAfter;
  }

  public isCurrent(now: Date): boolean {
    return this.notBefore <= now && now <= this.notAfter;
  }

  public get issuerName(): string {
    return `"${inOneLine(this.certificate.issuer)}"`;
  }

  public get isCa(): boolean {
    return this.fields.basicConstraints?.ca ?? false;
  }

  public get pathLength(): number | undefined {
    return this.fields.basicConstraints?.pathLength;
  }

  /** The name, and what tells it from another of that name. */
  public get label(): string {
    return `${this.name} (SHA-256 ${this.fingerprint.slice(0, 23)}…)`;
  }

  /** Undefined where there is no keyUsage at all. */
  public get maySignCertificates(): boolean | undefined {
    return this.hasUsage(KEY_CERT_SIGN);
  }

  /** Undefined where there is no keyUsage at all. */
  public get maySignRevocationLists(): boolean | undefined {
    return this.hasUsage(CRL_SIGN);
  }

  private hasUsage(bit: number): boolean | undefined {
    const { keyUsage } = this.fields;
    return keyUsage === undefined ? undefined : (keyUsage & bit) !== 0;
  }

  /**
   * What an extended key usage leaves out of what workloads need; empty where all is well. For OpenSSL,
   * anyExtendedKeyUsage stands for none of them.
   */
  public get missingUsages(): string[] {
    const usages = this.fields.extendedKeyUsage;
    if (!usages) return [];
    const needed = { serverAuth: SERVER_AUTH, clientAuth: CLIENT_AUTH };
    return Object.entries(needed)
      .filter(([, oid]) => !usages.includes(oid))
      .map(([name]) => name);
  }

  /** What it is signed with, where no verifier takes that. */
  public get refusedSignature(): string | undefined {
    return refusedSignature(this.fields.signatureAlgorithm);
  }

  /** The same for a certificate whose signature is not looked at, since it is its own issuer. */
  public get unknownSignature(): string | undefined {
    return isUnknownSignature(this.fields.signatureAlgorithm) ? this.refusedSignature : undefined;
  }

  /** Whether it is its own issuer by name, as OpenSSL compares names; nobody looks at a root's signature. */
  public get isSelfIssued(): boolean {
    return this.comparableIssuer === this.comparableSubject;
  }

  public get isNameless(): boolean {
    return this.comparableSubject === "[]";
  }

  public isCertificateOf(privateKey: KeyObject): boolean {
    return this.certificate.checkPrivateKey(privateKey);
  }

  public equals(other: CaCertificate): boolean {
    return this.fingerprint === other.fingerprint;
  }

  /** Whether a leaf signed by the one is as well signed by the other. */
  public hasNameAndKeyOf(other: CaCertificate): boolean {
    return this.subject === other.subject && this.publicKeyDer === other.publicKeyDer;
  }

  public isSignedBy(issuer: CaCertificate): boolean {
    let signed = this.signers.get(issuer);
    if (signed === undefined) {
      signed = this.issuer === issuer.subject && this.verifiesWith(issuer.publicKey);
      this.signers.set(issuer, signed);
    }
    return signed;
  }

  private verifiesWith(key: KeyObject): boolean {
    try {
      return this.certificate.verify(key);
    } catch {
      return false; // a key of a kind that cannot have made this signature
    }
  }

  /**
   * Whether OpenSSL, and so BoringSSL, looks at a certificate as the issuer of this one: by names, key ids and
   * usages, before any signature.
   */
  public names(issuer: CaCertificate): boolean {
    return this.certificate.checkIssued(issuer.certificate);
  }

  /** Whether name and key id let BoringSSL take a certificate for the issuer of this one. */
  public couldBeSignedBy(issuer: CaCertificate): boolean {
    const { keyId } = this.fields.authorityKeyId ?? {};
    return fits(this.comparableIssuer, keyId, issuer) && !this.namesAnotherCertificateThan(issuer);
  }

  /** The same for what this one signs: istiod gives it this one's name and key id. */
  public couldBeTakenFor(other: CaCertificate): boolean {
    return fits(this.comparableSubject, this.fields.subjectKeyId, other);
  }

  /** Whether it names another key id than that issuer has. */
  public namesAnotherKeyThan({ fields: { subjectKeyId } }: CaCertificate): boolean {
    const named = this.fields.authorityKeyId?.keyId;
    return named !== undefined && subjectKeyId !== undefined && !named.equals(subjectKeyId);
  }

  /** Whether it names its issuer's certificate, and means another than that. */
  public namesAnotherCertificateThan({ fields }: CaCertificate): boolean {
    const { issuer, serialNumber } = this.fields.authorityKeyId ?? {};
    const isOther = (named: Buffer | undefined, own: Buffer) => named !== undefined && !named.equals(own);
    return isOther(serialNumber, fields.serialNumber) || isOther(issuer, fields.issuer);
  }
}

function fits(name: string, keyId: Buffer | undefined, issuer: CaCertificate): boolean {
  const { subjectKeyId } = issuer.fields;
  const differ = keyId !== undefined && subjectKeyId !== undefined && !keyId.equals(subjectKeyId);
  return name === issuer.comparableSubject && !differ;
}

/** The certificate as OpenSSL has it, its key as well. */
function opened(der: Buffer): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    throw new DerError("is no certificate that OpenSSL reads");
  }
  try {
    void certificate.publicKey;
  } catch {
    throw new DerError("has a key that is none of its kind");
  }
  return certificate;
}

function inOneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}
