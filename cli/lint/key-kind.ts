import type { KeyObject } from "node:crypto";

const CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const LEAST_RSA_BITS = 1024;

/** The kind of a key istiod cannot sign with; undefined where it can. */
export function unusableKind(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return modulusLength < LEAST_RSA_BITS ? `RSA of ${modulusLength} bits` : undefined;
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
