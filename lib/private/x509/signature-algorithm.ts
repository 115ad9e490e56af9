import type { Algorithm } from "./values";

const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2",
  "1.2.840.113549.1.1.4": "MD5",
  "1.2.840.113549.1.1.5": "SHA-1",
  "1.2.840.113549.1.1.14": "SHA-224",
  "1.2.840.10045.4.1": "SHA-1",
  "1.2.840.10045.4.3.1": "SHA-224",
  "1.2.840.10040.4.3": "DSA and SHA-1",
  "2.16.840.1.101.3.4.3.2": "DSA and SHA-256",
};

const ACCEPTED = new Set([
  // RSA, ECDSA with SHA-256, SHA-384, SHA-512.
  ...["11", "12", "13"].map((arc) => `1.2.840.113549.1.1.${arc}`),
  ...["2", "3", "4"].map((arc) => `1.2.840.10045.4.3.${arc}`),
]);

const ED25519 = "1.3.101.112";

const RSA_PSS = "1.2.840.113549.1.1.10";

/** The parameters of RSA-PSS that Go and BoringSSL take: one hash for both uses, and a salt of its length. */
const PSS_PARAMETERS = new Set(
  [
    ["01", "20"],
    ["02", "30"],
    ["03", "40"],
  ].map(([hash, salt]) => {
    const algorithm = `300d06096086480165030402${hash}0500`;
    return `3034a00f${algorithm}a11c301a06092a864886f70d010108${algorithm}a2030201${salt}`;
  }),
);

/** Whether nobody knows what it is: OpenSSL then does not take even a root, whose signature it does not look at. */
export function isUnknownSignature({ oid }: Algorithm): boolean {
  return !ACCEPTED.has(oid) && oid !== ED25519 && oid !== RSA_PSS && !Object.hasOwn(HASHES, oid);
}

/** What a signature is made with, where verifiers refuse that; undefined where they do not. */
export function refusedSignature({ oid, parameters }: Algorithm): string | undefined {
  if (ACCEPTED.has(oid)) return undefined;
  if (oid === ED25519) return parameters === undefined ? undefined : "Ed25519 with parameters";
  if (oid !== RSA_PSS) return HASHES[oid] ?? `the algorithm ${oid}`;
  return PSS_PARAMETERS.has(parameters?.toString("hex") ?? "")
    ? undefined
    : "RSA-PSS with parameters of its own";
}
