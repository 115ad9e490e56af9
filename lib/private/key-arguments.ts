import type { KeyAlgorithm } from "../key-algorithm";

/** A key algorithm as the tls provider's resources take it. */
export function tlsKeyAlgorithm(algorithm: KeyAlgorithm) {
  return algorithm.family === "rsa"
    ? { algorithm: "RSA", rsaBits: algorithm.bits }
    : { algorithm: "ECDSA", ecdsaCurve: `P${algorithm.bits}` };
}

/** A key algorithm as Vault's PKI resources take it. */
export function vaultKeyAlgorithm(algorithm: KeyAlgorithm) {
  return { keyType: algorithm.family === "rsa" ? "rsa" : "ec", keyBits: algorithm.bits };
}
