import "reflect-metadata";
import { type KeyObject, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { PluginCaFileName } from "./plugin-ca-files";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
const NAME_CONSTRAINTS = "2.5.29.30";

/** Extensions Go's verification knows, so that istiod accepts them when critical. */
const KNOWN_EXTENSIONS = new Set([
  ...["14", "15", "17", "19", "30", "31", "32", "33", "35", "36", "37", "54"].map((arc) => `2.5.29.${arc}`),
  "1.3.6.1.5.5.7.1.1",
]);

/** A certificate as one of the files holds it. */
export class CaCertificate {
  /** @throws if `der` is no certificate */
  public static read(der: Buffer, file: PluginCaFileName): CaCertificate {
    return new CaCertificate(new X509Certificate(der), new x509.X509Certificate(der), file);
  }

  /** The subject, for people. */
  public readonly name: string;
  public readonly subject: string;
  public readonly issuer: string;
  public readonly publicKeyDer: string;
  /** SHA-256 of the whole certificate. */
  public readonly fingerprint: string;

  private constructor(
    private readonly certificate: X509Certificate,
    private readonly parsed: x509.X509Certificate,
    public readonly file: PluginCaFileName,
  ) {
    this.name = `"${parsed.subject || certificate.serialNumber}"`;
    this.subject = hex(parsed.subjectName.toArrayBuffer());
    this.issuer = hex(parsed.issuerName.toArrayBuffer());
    this.publicKeyDer = hex(parsed.publicKey.rawData);
    this.fingerprint = certificate.fingerprint256;
  }

  public get publicKey(): KeyObject {
    return this.certificate.publicKey;
  }

  public get notBefore(): Date {
    return this.parsed.notBefore;
  }

  public get notAfter(): Date {
    return this.parsed.notAfter;
  }

  public get issuerName(): string {
    return `"${this.parsed.issuer}"`;
  }

  public get isCa(): boolean {
    return this.parsed.getExtension(x509.BasicConstraintsExtension)?.ca ?? false;
  }

  public get pathLength(): number | undefined {
    return this.parsed.getExtension(x509.BasicConstraintsExtension)?.pathLength;
  }

  /** The name, and what tells it from another of that name. */
  public get label(): string {
    return `${this.name} (SHA-256 ${this.fingerprint.slice(0, 23)}…)`;
  }

  /** Undefined where there is no keyUsage at all. */
  public get maySignCertificates(): boolean | undefined {
    const usages = this.parsed.getExtension(x509.KeyUsagesExtension)?.usages;
    return usages === undefined ? undefined : (usages & x509.KeyUsageFlags.keyCertSign) !== 0;
  }

  /** What an extended key usage leaves out of what workloads need; empty where all is well. */
  public get missingUsages(): string[] {
    const usages = this.parsed.getExtension(x509.ExtendedKeyUsageExtension)?.usages.map(String);
    if (!usages || usages.includes(ANY_EXTENDED_KEY_USAGE)) return [];
    const needed = { serverAuth: SERVER_AUTH, clientAuth: CLIENT_AUTH };
    return Object.entries(needed)
      .filter(([, oid]) => !usages.includes(oid))
      .map(([name]) => name);
  }

  public get constrainsNames(): boolean {
    return this.parsed.extensions.some(({ type }) => type === NAME_CONSTRAINTS);
  }

  public get unknownCriticalExtensions(): string[] {
    return this.parsed.extensions
      .filter(({ type, critical }) => critical && !KNOWN_EXTENSIONS.has(type))
      .map(({ type }) => type);
  }

  /** The hash it was signed with, as `SHA-256`; undefined where the algorithm has one of its own. */
  public get signatureHash(): string | undefined {
    const algorithm = this.parsed.signatureAlgorithm as { hash?: { name: string } };
    return algorithm.hash?.name;
  }

  public get isSelfSigned(): boolean {
    return this.isSignedBy(this);
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
    if (this.issuer !== issuer.subject) return false;
    try {
      return this.certificate.verify(issuer.publicKey);
    } catch {
      return false; // a key of a kind that cannot have made this signature
    }
  }

  /** Whether it names an authority key id that is not the issuer's. */
  public namesAnotherKeyThan(issuer: CaCertificate): boolean {
    const named = this.parsed.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
    const own = issuer.parsed.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
    return named !== undefined && own !== undefined && named !== own;
  }
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString("hex");
}
