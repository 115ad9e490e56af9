import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** Anything WebCrypto generates key pairs for. */
type KeyAlgorithm = webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | webcrypto.Algorithm;

const EC_P256 = { name: "ECDSA", namedCurve: "P-256" };

/** What a certificate is to look like; by default a sound CA, as Vault would sign it. */
export interface CaSpec {
  /** Common name. */
  readonly name: string;
  /** Who signs it; itself where left out. */
  readonly issuer?: TestCa;
  /** ECDSA P-256 by default; or the keys of another one. */
  readonly key?: KeyAlgorithm | TestCa;
  /** SubjectPublicKeyInfo of a key WebCrypto does not know; the CA then has no keys of its own. */
  readonly publicKey?: Buffer;
  /** `null` for no basicConstraints at all. */
  readonly ca?: boolean | null;
  readonly pathLength?: number;
  /** `null` for no keyUsage at all. */
  readonly keyUsage?: x509.KeyUsageFlags | null;
  readonly extendedKeyUsage?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Hash of the issuer's signature. */
  readonly hash?: string;
  /** Another CA whose key the authority key id names instead. */
  readonly authority?: TestCa;
  readonly extensions?: readonly x509.Extension[];
}

/** What a revocation list is to say. */
export interface ListSpec {
  /** Serial numbers. */
  readonly revoked?: readonly string[];
  readonly end?: Date;
}

/** A CA made for one test: its key never leaves the process unless the test writes it. */
export class TestCa {
  public static async issue(spec: CaSpec): Promise<TestCa> {
    const keys =
      spec.key instanceof TestCa
        ? spec.key.keys
        : ((await webcrypto.subtle.generateKey(spec.key ?? EC_P256, true, [
            "sign",
            "verify",
          ])) as webcrypto.CryptoKeyPair);
    const publicKey = spec.publicKey ? new x509.PublicKey(spec.publicKey) : keys.publicKey;
    const issuer = spec.issuer?.keys ?? keys;
    const usage = spec.keyUsage === undefined ? DEFAULT_USAGE : spec.keyUsage;
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${spec.name}`,
      issuer: spec.issuer?.certificate.subject ?? `CN=${spec.name}`,
      publicKey,
      signingKey: issuer.privateKey,
      signingAlgorithm: { ...issuer.privateKey.algorithm, hash: spec.hash ?? "SHA-256" },
      notBefore: spec.notBefore ?? inDays(-1),
      notAfter: spec.notAfter ?? inDays(spec.issuer ? 90 : 3650),
      extensions: [
        ...(spec.ca === null
          ? []
          : [new x509.BasicConstraintsExtension(spec.ca ?? true, spec.pathLength, true)]),
        ...(usage === null ? [] : [new x509.KeyUsagesExtension(usage, true)]),
        ...(spec.extendedKeyUsage ? [new x509.ExtendedKeyUsageExtension([...spec.extendedKeyUsage])] : []),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        ...(spec.issuer ? [await authorityKeyId(spec.authority ?? spec.issuer)] : []),
        ...(spec.extensions ?? []),
      ],
    });
    return new TestCa(keys, certificate);
  }

  private constructor(
    public readonly keys: webcrypto.CryptoKeyPair,
    public readonly certificate: x509.X509Certificate,
  ) {}

  /** The certificate, with a final newline. */
  public get pem(): string {
    return `${this.certificate.toString("pem")}\n`;
  }

  /** A revocation list that it signed, with a final newline. */
  public async list({ revoked = [], end = inDays(3650) }: ListSpec = {}): Promise<string> {
    const list = await x509.X509CrlGenerator.create({
      issuer: this.certificate.subject,
      thisUpdate: inDays(-1),
      nextUpdate: end,
      entries: revoked.map((serialNumber) => ({ serialNumber, reason: x509.X509CrlReason.keyCompromise })),
      extensions: [await authorityKeyId(this)],
      signingKey: this.keys.privateKey,
      signingAlgorithm: { ...this.keys.privateKey.algorithm, hash: "SHA-256" },
    });
    return `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`;
  }

  public get privateKey(): KeyObject {
    return KeyObject.from(this.keys.privateKey);
  }

  /** The key as PKCS#8. */
  public get keyPem(): string {
    return this.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  }
}

const DEFAULT_USAGE = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

function authorityKeyId(authority: TestCa) {
  return x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey);
}

/** The second at which all these certificates are made. */
export const NOW = new Date(Math.floor(Date.now() / 1000) * 1000);

export function inDays(days: number): Date {
  return new Date(NOW.getTime() + days * 86_400_000);
}
