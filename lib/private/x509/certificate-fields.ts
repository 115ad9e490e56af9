import { DerError, DerReader, isNegative, Tag } from "./der-reader";
import { type Extensions, readExtensions } from "./extensions";
import { type Algorithm, readAlgorithm, readName, readTime } from "./values";

/** What a certificate says, apart from what its key and its signature are worth. */
export interface CertificateFields extends Extensions {
  readonly version: 1 | 2 | 3;
  readonly serialNumber: Buffer;
  readonly signatureAlgorithm: Algorithm;
  /** Names are compared by their bytes. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
}

/**
 * Reads a certificate as Go's crypto/x509 does, and BoringSSL: what either refuses is refused, whatever OpenSSL
 * makes of it. docs/lint.md says how the three were compared.
 *
 * @throws DerError with what is wrong, in words that follow the certificate's name
 */
export function readCertificateFields(der: Buffer): CertificateFields {
  const file = new DerReader(der);
  const certificate = file.inside(Tag.SEQUENCE);
  if (!file.isEmpty) throw new DerError("has bytes after its end");
  const signed = certificate.inside(Tag.SEQUENCE);
  const outerAlgorithm = certificate.element(Tag.SEQUENCE);
  certificate.bitStringBytes();
  certificate.end();

  const version = readVersion(signed);
  const serialNumber = signed.integer();
  if (isNegative(serialNumber)) throw new DerError("has a negative serial number");
  const innerAlgorithm = signed.element(Tag.SEQUENCE);
  if (!innerAlgorithm.whole.equals(outerAlgorithm.whole)) {
    throw new DerError("names two different algorithms for its signature");
  }
  const issuer = readName(signed);
  const validity = signed.inside(Tag.SEQUENCE);
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)];
  validity.end();
  const subject = readName(signed);
  const publicKeyInfo = signed.element(Tag.SEQUENCE);
  readPublicKey(new DerReader(publicKeyInfo.content));
  const extensions = readTail(signed, version);
  return {
    ...extensions,
    ...{ version, serialNumber, issuer, subject, notBefore, notAfter },
    signatureAlgorithm: readAlgorithm(new DerReader(innerAlgorithm.content)),
    publicKeyInfo: publicKeyInfo.whole,
  };
}

function readVersion(signed: DerReader): 1 | 2 | 3 {
  const explicit = signed.optional(Tag.explicit(0));
  if (!explicit) return 1;
  const version = explicit.count() + 1;
  explicit.end();
  if (version !== 2 && version !== 3) throw new DerError("has a version that is none of X.509's");
  return version;
}

/** What may follow the key: two ids that nobody uses, and the extensions. */
function readTail(signed: DerReader, version: number): Extensions {
  for (const id of [1, 2]) {
    if (!signed.nextIs(Tag.implicit(id))) continue;
    signed.any();
    if (version === 1) throw new DerError("has a unique id, which version 1 does not know");
  }
  const extensions = signed.optional(Tag.explicit(3));
  signed.end();
  if (!extensions) return { unknownCritical: [] };
  if (version !== 3) throw new DerError("has extensions, which only version 3 knows");
  const list = extensions.inside(Tag.SEQUENCE);
  extensions.end();
  return readExtensions(list);
}

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";
const NULL = Buffer.from([Tag.NULL, 0]);

/** Checks the form of a key; that it is of use is for its user to say. */
function readPublicKey(info: DerReader): void {
  const { oid, parameters } = readAlgorithm(info.inside(Tag.SEQUENCE));
  const key = info.bitStringBytes();
  info.end();
  switch (oid) {
    case RSA: {
      if (!parameters?.equals(NULL)) throw new DerError("has an RSA key whose parameters are not NULL");
      const outer = new DerReader(key);
      const numbers = outer.inside(Tag.SEQUENCE);
      outer.end();
      const [modulus] = [numbers.integer(), numbers.count()];
      numbers.end();
      if (isNegative(modulus)) throw new DerError("has an RSA key whose modulus is negative");
      return;
    }
    case EC:
      if (parameters?.[0] !== Tag.OBJECT_IDENTIFIER) {
        throw new DerError("has an EC key that describes its curve instead of naming it");
      }
      new DerReader(parameters).objectIdentifier();
      if (key[0] !== 4) throw new DerError("has an EC key that is compressed");
      return;
    case ED25519:
      if (parameters) throw new DerError("has an Ed25519 key with parameters");
  }
}
