import { DerError, DerReader, Tag } from "../../lib/private/x509/der-reader";

/** A key of which the certificate's other half is right, and that Go refuses all the same. */

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";

/** Why istiod does not take a key that OpenSSL takes, in words that follow "holds a key that"; says no number of it. */
export function keyFault(form: "pkcs8" | "pkcs1" | "sec1", der: Buffer): string | undefined {
  try {
    return form === "pkcs8" ? pkcs8Fault(der) : form === "pkcs1" ? rsaFault(der) : ecFault(der);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function pkcs8Fault(der: Buffer): string | undefined {
  const key = new DerReader(der).inside(Tag.SEQUENCE);
  key.integer();
  const algorithm = key.inside(Tag.SEQUENCE);
  const kind = algorithm.objectIdentifier();
  if (kind === RSA) return rsaFault(key.element(Tag.OCTET_STRING).content);
  return kind === EC && algorithm.nextIs(Tag.SEQUENCE) ? UNNAMED : undefined;
}

const UNNAMED = "writes its curve out instead of naming it";

function ecFault(der: Buffer): string | undefined {
  const key = new DerReader(der).inside(Tag.SEQUENCE);
  if (key.count() !== 1) return "is of another version than 1";
  key.element(Tag.OCTET_STRING);
  return key.optional(Tag.explicit(0))?.nextIs(Tag.OBJECT_IDENTIFIER) ? undefined : UNNAMED;
}

function rsaFault(der: Buffer): string | undefined {
  const whole = new DerReader(der);
  const key = whole.inside(Tag.SEQUENCE);
  if (!whole.isEmpty) return "has bytes after its end";
  // Of more than two primes, the further ones follow.
  if (key.count() !== 0) return undefined;
  const [n, e, d, p, q, dp, dq, inverse] = Array.from({ length: 8 }, () => positive(key.integer()));
  const agrees =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    d < n &&
    [p, q].every((prime) => (e * d) % (prime - 1n) === 1n) &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (inverse * q) % p === 1n &&
    inverse < p;
  return agrees ? undefined : "has numbers that do not belong together";
}

/** 0, which no number of a key is, for a negative one as well. */
function positive(integer: Buffer): bigint {
  return integer[0]! >= 0x80 ? 0n : BigInt(`0x${integer.toString("hex")}`);
}
