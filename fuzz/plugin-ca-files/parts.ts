import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  caExtensions,
  type CertificateParts,
  certificateDer,
  longRsaSigner,
  type Signer,
  signerOf,
  validity,
  VERSION_3,
} from "../../__tests__/support/crafted-certificate";
import { commonName, integer } from "../../__tests__/support/der-writer";
import { inDays } from "../../__tests__/support/test-ca";

/** Keys that the sets share, since making them takes longer than all else. */
export interface Keys {
  readonly ec: readonly Signer[];
  readonly p384: Signer;
  readonly ed25519: Signer;
  readonly rsa: Signer;
  /** Of other kinds, by name. */
  readonly others: Readonly<Record<string, Signer>>;
}

export function makeKeys(): Keys {
  const ec = (namedCurve: string) => pair(generateKeyPairSync("ec", { namedCurve }));
  const rsa = (modulusLength: number, publicExponent?: number) =>
    pair(generateKeyPairSync("rsa", { modulusLength, publicExponent }));
  return {
    ec: Array.from({ length: 6 }, () => ec("P-256")),
    p384: ec("P-384"),
    ed25519: pair(generateKeyPairSync("ed25519")),
    rsa: rsa(2048),
    others: {
      "RSA 512": rsa(512),
      "RSA 1024": rsa(1024),
      "RSA 3072": rsa(3072),
      "RSA 2048, exponent 3": rsa(2048, 3),
      "RSA over 8192": longRsaSigner(8193),
      "RSA over 16384": longRsaSigner(16_385),
      "P-224": ec("secp224r1"),
      "P-521": ec("P-521"),
      secp256k1: ec("secp256k1"),
      brainpool: ec("brainpoolP256r1"),
      Ed448: { ...pair(generateKeyPairSync("ed448")), algorithm: Buffer.from("300506032b6571", "hex") },
    },
  };
}

function pair({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Signer {
  return signerOf(privateKey, publicKey);
}

/** A CA of a set: what its certificate says, who signs it, and by what key it signs itself. */
export interface Authority {
  readonly parts: CertificateParts;
  readonly key: Signer;
  readonly issuer: Signer;
}

let serial = 0x1000;

export function authority(
  name: string,
  key: Signer,
  issuer?: { readonly parts: CertificateParts; readonly key: Signer },
  pathLength?: number,
): Authority {
  const by = issuer?.key ?? key;
  serial += 1;
  return {
    key,
    issuer: by,
    parts: {
      version: VERSION_3,
      serialNumber: integer(serial),
      algorithm: by.algorithm,
      issuer: issuer?.parts.subject ?? commonName(name),
      validity: validity(inDays(-1), inDays(issuer ? 90 : 3650)),
      subject: commonName(name),
      publicKeyInfo: key.publicKeyInfo,
      extensions: caExtensions(key.publicKeyInfo, issuer?.key.publicKeyInfo, pathLength),
    },
  };
}

export function derOf({ parts, issuer }: Authority): Buffer {
  return certificateDer(parts, issuer);
}
