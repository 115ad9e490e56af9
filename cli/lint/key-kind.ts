import type { KeyObject } from "node:crypto";

const CURVES: ReadonlySet<string> = new Set(["secp224r1", "prime256v1", "secp384r1", "secp521r1"]);
const LEAST_RSA_BITS = 1024;
/** What Go takes from a peer, and BoringSSL at all. */
const MOST_RSA_BITS = 8192;

/** The kind of a key istiod or a peer cannot use; undefined where they can. */
export function unusableKind(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength < LEAST_RSA_BITS || modulusLength > MOST_RSA_BITS)
        return `RSA of ${modulusLength} bits`;
      return publicExponent > 1n && publicExponent % 2n === 1n
        ? undefined
        : `RSA with the exponent ${publicExponent}`;
    case "ec":
      return CURVES.has(namedCurve) ? undefined : `ECDSA on ${namedCurve}`;
    case "ed25519":
      return undefined;
    default:
      return key.asymmetricKeyType ?? "of an unknown kind";
  }
}

/** The bits of an RSA key that is usable and shorter than peers may demand. */
export function shortRsaBits(key: KeyObject): number | undefined {
  const bits = key.asymmetricKeyType === "rsa" ? key.asymmetricKeyDetails?.modulusLength : undefined;
  return bits !== undefined && bits >= LEAST_RSA_BITS && bits < 2048 ? bits : undefined;
}
