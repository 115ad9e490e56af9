import { createHash, generatePrimeSync, type KeyObject, sign } from "node:crypto";
import { bitString, boolean, explicit, integer, NULL, octets, oid, sequence, time, tlv } from "./der-writer";

/** Whoever signs: its SubjectPublicKeyInfo, its algorithm, and how it makes a signature. */
export interface Signer {
  readonly publicKeyInfo: Buffer;
  readonly algorithm: Buffer;
  readonly sign: (signed: Buffer) => Buffer;
  /** The same with another hash, where its kind has a choice. */
  readonly signWith?: (hash: string, signed: Buffer) => Buffer;
  readonly privateKey?: KeyObject;
}

export interface ExtensionParts {
  readonly oid: string;
  readonly value: Buffer;
  /** DER of the BOOLEAN; left out where it is not critical. */
  readonly critical?: Buffer;
}

/** Every field of a certificate as DER, so that each may be wrong. */
export interface CertificateParts {
  readonly version: Buffer;
  readonly serialNumber: Buffer;
  readonly algorithm: Buffer;
  readonly issuer: Buffer;
  readonly validity: Buffer;
  readonly subject: Buffer;
  readonly publicKeyInfo: Buffer;
  readonly extensions: readonly ExtensionParts[];
  /** What follows the extensions. */
  readonly tail?: Buffer;
  /** The algorithm outside what is signed, where it is another. */
  readonly outerAlgorithm?: Buffer;
  /** Changes the finished DER. */
  readonly rewrite?: (der: Buffer) => Buffer;
}

export function certificateDer(parts: CertificateParts, signer: Signer): Buffer {
  const { version, serialNumber, algorithm, issuer, validity, subject, publicKeyInfo, tail } = parts;
  const extensions = parts.extensions.map(({ oid: type, critical, value }) =>
    sequence(oid(type), critical ?? Buffer.alloc(0), octets(value)),
  );
  const signed = sequence(
    ...[version, serialNumber, algorithm, issuer, validity, subject, publicKeyInfo],
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))]),
    tail ?? Buffer.alloc(0),
  );
  const outer = parts.outerAlgorithm ?? algorithm;
  const der = sequence(signed, outer, bitString(signer.sign(signed)));
  return parts.rewrite ? parts.rewrite(der) : der;
}

export const VERSION_3 = explicit(0, integer(2));
export const CRITICAL = boolean(true);

export function validity(from: Date, to: Date): Buffer {
  return sequence(time(from), time(to));
}

export function keyId(publicKeyInfo: Buffer): Buffer {
  return createHash("sha1").update(publicKeyInfo).digest();
}

/** The extensions of a sound CA. */
export function caExtensions(own: Buffer, issuer: Buffer | undefined, pathLength?: number): ExtensionParts[] {
  const constraints = sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)]));
  return [
    { oid: "2.5.29.19", critical: CRITICAL, value: constraints },
    { oid: "2.5.29.15", critical: CRITICAL, value: bitString(Buffer.from([0x06]), 1) },
    { oid: "2.5.29.14", value: octets(keyId(own)) },
    ...(issuer ? [{ oid: "2.5.29.35", value: sequence(tlv(0x80, keyId(issuer))) }] : []),
  ];
}

const RSA_SHA256 = sequence(oid("1.2.840.113549.1.1.11"), NULL);
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const ED25519 = sequence(oid("1.3.101.112"));

export function signerOf(privateKey: KeyObject, publicKey: KeyObject): Signer {
  const kind = privateKey.asymmetricKeyType;
  return {
    privateKey,
    publicKeyInfo: publicKey.export({ type: "spki", format: "der" }),
    algorithm: kind === "ed25519" ? ED25519 : kind === "ec" ? ECDSA_SHA256 : RSA_SHA256,
    sign: (signed) => sign(kind === "ec" || kind === "rsa" ? "sha256" : null, signed, privateKey),
    signWith: (hash, signed) => sign(hash, signed, privateKey),
  };
}

/**
 * An RSA key of so many bits as no program generates in passing: of many small primes. Its signatures verify as any
 * other's.
 */
export function longRsaSigner(bits: number): Signer {
  const [size, exponent] = [512, 65_537n];
  const primes: bigint[] = [];
  const product = () => primes.reduce((all, prime) => all * prime, 1n);
  while (product().toString(2).length < bits) primes.push(generatePrimeSync(size, { bigint: true }));
  const modulus = product();
  const length = Math.ceil(modulus.toString(2).length / 8);
  return {
    publicKeyInfo: sequence(
      sequence(oid("1.2.840.113549.1.1.1"), NULL),
      bitString(sequence(integer(modulus), integer(exponent))),
    ),
    algorithm: RSA_SHA256,
    sign: (signed) => {
      const digest = createHash("sha256").update(signed).digest();
      const info = sequence(sequence(oid("2.16.840.1.101.3.4.2.1"), NULL), octets(digest));
      const padding = Buffer.alloc(length - info.length - 3, 0xff);
      const block = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), info]);
      const number = BigInt(`0x${block.toString("hex")}`);
      // By each prime for itself, and then together: the Chinese remainder theorem.
      const signature = primes.reduce((sum, prime) => {
        const part = power(number, inverse(exponent, prime - 1n), prime);
        const others = modulus / prime;
        return (sum + part * others * inverse(others % prime, prime)) % modulus;
      }, 0n);
      return Buffer.from(signature.toString(16).padStart(length * 2, "0"), "hex");
    },
  };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [previous, current, before, after] = [modulus, value, 0n, 1n];
  while (current > 1n) {
    const quotient = previous / current;
    [previous, current] = [current, previous % current];
    [before, after] = [after, before - quotient * after];
  }
  return ((after % modulus) + modulus) % modulus;
}

export function pem(der: Buffer, type = "CERTIFICATE"): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join("\n")}\n-----END ${type}-----\n`;
}
