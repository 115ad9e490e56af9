import { takesBundlesInAnyOrder } from "../../lib/private/istio-version";
import type { PluginCaFiles } from "../../cli/lint/plugin-ca-files";
import type { LintOptions } from "../../cli/lint/lint-options";
import { NOW } from "./test-ca";

/** The istiods the verdicts are of, newest first. */
export const ISTIO_VERSIONS = ["1.31.0-rc.0", "1.30.3", "1.29.6"] as const;

/** The bundle a running istiod has before it is given another. */
export const BASE_BUNDLE = "sound, of another key";

/**
 * What comes of an istiod that is started on a bundle: sidecars get certificates; it is ready, but its own
 * certificate does not verify; it ends; it signs as its own root.
 */
export type StartVerdict = "serves" | "unreachable" | "refused" | "self-signed";

/** The same for one that runs: it may also keep its old CA, or be reached and sign nothing. */
export type ReloadVerdict = "serves" | "unreachable" | "kept" | "mute";

/** Whether workloads with certificates of that CA accept each other, as OpenSSL sees it. */
export type LeafVerdict = "verifies" | "fails" | "none";

export interface Verdict {
  readonly start: StartVerdict;
  readonly reload: ReloadVerdict;
  readonly leaf: LeafVerdict;
  /** Level, rule and file of each finding. */
  readonly lint: readonly string[];
  /** Why lint's errors and the rest disagree. */
  readonly why?: string;
}

/** Whether nothing is wrong with a bundle, at any moment. */
export function isGood({ start, reload, leaf }: Verdict): boolean {
  return start === "serves" && reload === "serves" && leaf === "verifies";
}

/** How lint looks at a bundle that takes the place of `base`. */
export function lintOptions(base: PluginCaFiles, istioVersion: string = ISTIO_VERSIONS[0]): LintOptions {
  return { now: NOW, previous: { rootCert: base.rootCert!, istioVersion } };
}

/** For each of the bundles, what an istiod of this version does, and what lint says of it. */
export function verdictsOf(istioVersion: string): Readonly<Record<string, Verdict>> {
  return takesBundlesInAnyOrder(istioVersion) ? verdicts : { ...verdicts, ...verdictsBefore130 };
}

/** For each of the bundles, what the newest istiod does and what lint says; compared with real istiods in e2e. */
export const verdicts: Readonly<Record<string, Verdict>> = {
  sound: row("serves", "serves", "verifies", []),
  "sound, of another key": row("serves", "serves", "verifies", []),
  "key of another certificate": row("refused", "kept", "none", ["error IV0509 ca-key.pem"]),
  "key as SEC1": row("serves", "serves", "verifies", []),
  "key as SEC1 after its parameters": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "key encrypted, PKCS#8": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "key encrypted, SEC1": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "key under the name of another form": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "key file holds the certificate": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "key file holds the certificate after the key": row("serves", "serves", "verifies", []),
  "key file is no PEM": row("refused", "kept", "none", ["error IV0507 ca-key.pem"]),
  "ECDSA P-384": row("serves", "serves", "verifies", []),
  "ECDSA P-521": row("serves", "serves", "verifies", []),
  "ECDSA secp256k1": row("refused", "kept", "none", ["error IV0508 ca-cert.pem"]),
  Ed25519: row("serves", "serves", "verifies", []),
  "RSA 2048": row("serves", "serves", "verifies", []),
  "RSA 2048, key as PKCS#1": row("serves", "serves", "verifies", []),
  "RSA 1024": row("serves", "serves", "verifies", ["warning IV0510 ca-cert.pem"]),
  "RSA 512": row("refused", "mute", "none", ["error IV0508 ca-cert.pem"]),
  "chain empty": row("unreachable", "unreachable", "none", ["error IV0503 cert-chain.pem"]),
  "chain of the root alone": row("unreachable", "unreachable", "none", ["error IV0520 cert-chain.pem"]),
  "chain of another intermediate": row("unreachable", "unreachable", "none", ["error IV0520 cert-chain.pem"]),
  "chain: intermediate, root": row("serves", "serves", "verifies", ["warning IV0523 cert-chain.pem"]),
  "chain: root, intermediate": row("serves", "serves", "verifies", [
    "warning IV0523 cert-chain.pem",
    "warning IV0522 cert-chain.pem",
  ]),
  "chain: intermediate, another one": row("serves", "serves", "verifies", ["warning IV0524 cert-chain.pem"]),
  "chain: an earlier certificate of the same key": row("serves", "serves", "verifies", []),
  "chain: an ended certificate of the same key": row("refused", "unreachable", "none", [
    "error IV0511 cert-chain.pem",
  ]),
  "the root itself as the CA": row("serves", "serves", "verifies", []),
  "certificate and root in ca-cert.pem": row("serves", "serves", "verifies", ["warning IV0524 ca-cert.pem"]),
  "root before the certificate in ca-cert.pem": row("refused", "kept", "none", [
    "error IV0509 ca-key.pem",
    "error IV0520 cert-chain.pem",
    "warning IV0524 ca-cert.pem",
  ]),
  "intermediate expired": row("refused", "kept", "none", ["error IV0511 ca-cert.pem"]),
  "intermediate not yet valid": row("refused", "kept", "none", ["error IV0512 ca-cert.pem"]),
  "intermediate ends in half an hour": row("serves", "serves", "verifies", ["warning IV0514 ca-cert.pem"]),
  "intermediate of which a tenth is left": row("serves", "serves", "verifies", [
    "warning IV0514 ca-cert.pem",
  ]),
  "intermediate is no CA": row("refused", "unreachable", "none", ["error IV0516 ca-cert.pem"]),
  "intermediate without basicConstraints": row("refused", "unreachable", "none", [
    "error IV0516 ca-cert.pem",
  ]),
  "intermediate without keyCertSign": row("unreachable", "unreachable", "none", ["error IV0517 ca-cert.pem"]),
  "intermediate without cRLSign": row("serves", "serves", "verifies", []),
  "intermediate without keyUsage": row("serves", "serves", "verifies", ["warning IV0518 ca-cert.pem"]),
  "intermediate for serverAuth alone": row("serves", "serves", "fails", ["error IV0525 ca-cert.pem"]),
  "intermediate for clientAuth alone": row("refused", "kept", "none", ["error IV0525 ca-cert.pem"]),
  "intermediate for both": row("serves", "serves", "verifies", []),
  "intermediate signed with SHA-1": row("refused", "kept", "none", ["error IV0528 ca-cert.pem"]),
  "intermediate with an unknown critical extension": row("refused", "kept", "none", [
    "error IV0527 ca-cert.pem",
  ]),
  "intermediate with an unknown extension": row("serves", "serves", "verifies", []),
  "intermediate constrained to other DNS names": row(
    "unreachable",
    "unreachable",
    "none",
    ["warning IV0526 ca-cert.pem"],
    "lint knows neither trust domain nor namespace, so it warns of every constraint",
  ),
  "intermediate with another authority key id": row("serves", "serves", "fails", [
    "error IV0529 ca-cert.pem",
  ]),
  "two levels": row("serves", "serves", "verifies", []),
  "two levels, reversed": row("serves", "serves", "verifies", ["warning IV0522 cert-chain.pem"]),
  "two levels, the upper one missing": row("refused", "kept", "none", ["error IV0521 cert-chain.pem"]),
  "two levels, the upper one in ca-cert.pem alone": row("refused", "kept", "none", [
    "error IV0521 cert-chain.pem",
    "warning IV0524 ca-cert.pem",
  ]),
  "two levels, the upper one of another key": row("refused", "kept", "none", [
    "error IV0521 cert-chain.pem",
    "warning IV0524 cert-chain.pem",
  ]),
  "two levels, the upper one pathlen 0": row("unreachable", "unreachable", "none", [
    "error IV0519 cert-chain.pem",
  ]),
  "two levels, the upper one expired": row("refused", "kept", "none", ["error IV0511 cert-chain.pem"]),
  "two levels, the upper one ends first": row("serves", "serves", "verifies", ["warning IV0515 ca-cert.pem"]),
  "two levels, the upper one without keyCertSign": row("refused", "kept", "none", [
    "error IV0517 cert-chain.pem",
  ]),
  "root B joins, and signs": row("serves", "serves", "verifies", []),
  "root B joins with pathlen 0, and signs": row("unreachable", "unreachable", "none", [
    "error IV0519 root-cert.pem",
  ]),
  "root B joins with pathlen 1, and signs": row("serves", "serves", "verifies", []),
  "root B joins without keyCertSign, and signs": row("refused", "kept", "none", [
    "error IV0517 root-cert.pem",
  ]),
  "root B joins expired, and signs": row("refused", "kept", "none", ["error IV0511 root-cert.pem"]),
  "root B joins for serverAuth alone, and signs": row("serves", "serves", "fails", [
    "error IV0525 root-cert.pem",
  ]),
  "root B is no CA": row("refused", "kept", "none", ["error IV0516 root-cert.pem"]),
  "an expired root joins": row("serves", "serves", "verifies", ["warning IV0531 root-cert.pem"]),
  "signed by B, root-cert.pem holds A": row("refused", "kept", "none", ["error IV0521 cert-chain.pem"]),
  "signed by B, root-cert.pem holds A, B in the chain": row("refused", "kept", "none", [
    "error IV0521 cert-chain.pem",
  ]),
  "signed by B, which A cross-signed": row("serves", "serves", "verifies", []),
  "an intermediate joins as a root, and signs": row("serves", "serves", "fails", [
    "error IV0530 root-cert.pem",
  ]),
  "root-cert.pem empty": row("refused", "kept", "none", ["error IV0503 root-cert.pem"]),
  "CRLF in key and certificates": row("serves", "serves", "verifies", []),
  "CRLF in root-cert.pem": row("serves", "serves", "verifies", []),
  "a leaf generation behind the root": row("serves", "serves", "verifies", []),
  "no newline at the ends": row("serves", "serves", "verifies", []),
  "text before each certificate": row("serves", "serves", "verifies", []),
  "byte order mark before the certificate": row("refused", "kept", "none", ["error IV0505 ca-cert.pem"]),
  "byte order mark before the chain": row("refused", "unreachable", "none", ["error IV0505 cert-chain.pem"]),
  "two certificates of the chain run together": row("refused", "unreachable", "none", [
    "error IV0505 cert-chain.pem",
  ]),
  "garbage in the chain after the intermediate": row("refused", "serves", "fails", [
    "error IV0505 cert-chain.pem",
  ]),
  "ca-cert.pem empty": row("refused", "kept", "none", ["error IV0503 ca-cert.pem"]),
  "ca-cert.pem holds a request": row("refused", "kept", "none", ["error IV0505 ca-cert.pem"]),
  "ca-key.pem empty": row("refused", "kept", "none", ["error IV0503 ca-key.pem"]),
  "the key in ca-cert.pem too": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0506 ca-cert.pem"],
    "istiod reads the first block alone; but whoever handles a certificate file takes it for public",
  ),
  "ca-key.pem missing": row("refused", "kept", "none", ["error IV0502 ca-key.pem"]),
  "ca-cert.pem missing": row("refused", "kept", "none", ["error IV0502 ca-cert.pem"]),
  "cert-chain.pem missing": row("refused", "kept", "none", ["error IV0502 cert-chain.pem"]),
  "root-cert.pem missing": row("refused", "kept", "none", ["error IV0502 root-cert.pem"]),
  "all four missing": row("self-signed", "kept", "none", ["error IV0501 "]),
  ...allFiles("refused", "kept", [
    "intermediate with a negative serial number",
    "intermediate with an extension twice",
    "intermediate with bytes after its DER",
    "intermediate with a BOOLEAN of 01",
  ]),
  "intermediate signed with SHA-224": row("refused", "kept", "none", ["error IV0528 ca-cert.pem"]),
  ...allFiles("refused", "kept", ["intermediate with a critical authorityInfoAccess"]),
  "intermediate with an empty critical subjectAltName": row("refused", "kept", "none", [
    "error IV0527 ca-cert.pem",
  ]),
  "intermediate with critical directory name constraints": row("refused", "kept", "none", [
    "error IV0527 ca-cert.pem",
    "warning IV0526 ca-cert.pem",
  ]),
  "intermediate with critical policyConstraints": row("unreachable", "unreachable", "none", [
    "error IV0544 ca-cert.pem",
  ]),
  "intermediate that maps any policy": row("unreachable", "unreachable", "none", [
    "error IV0544 ca-cert.pem",
  ]),
  "intermediate without a subject": row("serves", "serves", "fails", ["error IV0554 ca-cert.pem"]),
  "intermediate for any usage alone": row("serves", "serves", "fails", ["error IV0525 ca-cert.pem"]),
  "a foreign character in the base64": row("refused", "kept", "none", ["error IV0505 ca-cert.pem"]),
  ...allFiles("refused", "kept", ["no padding in the base64"]),
  "chain: another one that has expired, intermediate": row("refused", "serves", "verifies", [
    "error IV0511 cert-chain.pem",
    "warning IV0524 cert-chain.pem",
    "warning IV0522 cert-chain.pem",
  ]),
  "chain: intermediate, another one on secp256k1": row("refused", "serves", "verifies", [
    "error IV0508 cert-chain.pem",
    "warning IV0524 cert-chain.pem",
  ]),
  "chain: intermediate, another one signed with SHA-1": row("serves", "serves", "fails", [
    "error IV0553 cert-chain.pem",
    "warning IV0524 cert-chain.pem",
  ]),
  "an empty line in the base64 of the chain": row("serves", "serves", "fails", [
    "error IV0505 cert-chain.pem",
  ]),
  "two roots of a name without key ids": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0543 root-cert.pem"],
    "OpenSSL takes the first; BoringSSL took the other one in 11 of 48 tries",
  ),
  "two roots of a name without key ids, the other first": row("serves", "serves", "fails", [
    "error IV0543 root-cert.pem",
  ]),
  "authority key id by issuer and serial number": row("serves", "serves", "verifies", []),
  "authority key id by issuer and serial number, from before the root was renewed": row(
    "serves",
    "serves",
    "fails",
    ["error IV0541 ca-cert.pem"],
  ),
  "root with another authority key id": row("serves", "serves", "fails", ["error IV0542 root-cert.pem"]),
  "root with a negative serial number": row("refused", "kept", "none", [
    "error IV0505 root-cert.pem",
    "error IV0521 cert-chain.pem",
  ]),
  "root signed with an unknown algorithm": row("serves", "serves", "fails", [
    "error IV0553 root-cert.pem",
    "warning IV0545 root-cert.pem",
  ]),
  "root whose own signature is damaged": row("serves", "serves", "verifies", [
    "warning IV0545 root-cert.pem",
  ]),
  "ECDSA P-224": row("serves", "serves", "verifies", []),
  "RSA over 8192 bits": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0508 root-cert.pem"],
    "Go refuses peers that send such a key, and this one is a root's, which nobody sends; lint does not tell the two apart",
  ),
  "nine CAs that sign each other": row("refused", "kept", "none", ["error IV0546 cert-chain.pem"]),
  "lists of the intermediate and the root": row("serves", "serves", "verifies", []),
  "list of the root alone": row("refused", "kept", "none", ["error IV0548 ca-crl.pem"]),
  "list of the intermediate alone": row("serves", "serves", "fails", ["error IV0548 ca-crl.pem"]),
  "list of the root expired": row("serves", "serves", "fails", ["error IV0549 ca-crl.pem"]),
  "list that revokes the intermediate": row("serves", "serves", "fails", ["error IV0550 ca-crl.pem"]),
  "list with bytes after its DER": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0547 ca-crl.pem"],
    "neither Go nor OpenSSL looks behind a list's end; whoever wrote it did not mean that either",
  ),
  "list empty": row("serves", "serves", "verifies", []),
  "list with an entry whose extensions are empty": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0560 ca-crl.pem"],
    "OpenSSL reads it; Envoy, with BoringSSL, does not load a file that has one",
  ),
  "list with an entry with a critical extension": row("serves", "serves", "fails", [
    "error IV0560 ca-crl.pem",
  ]),
  "list with a critical extension": row("serves", "serves", "fails", ["error IV0560 ca-crl.pem"]),
  "list of CAs alone": row(
    "serves",
    "serves",
    "verifies",
    ["error IV0560 ca-crl.pem"],
    "OpenSSL finds that it is for the intermediate; Envoy, with BoringSSL, reads no such list",
  ),
  "lists, and distribution points for some reasons": row("serves", "serves", "fails", [
    "error IV0555 ca-crl.pem",
  ]),
  "lists of namesakes": row("serves", "serves", "fails", ["error IV0552 ca-crl.pem"]),
};

/** Where istiods before 1.30 differ: they look for one bundle's bytes within the other's. */
export const verdictsBefore130: Readonly<Record<string, Verdict>> = {
  "CRLF in root-cert.pem": row("serves", "kept", "verifies", ["error IV0532 root-cert.pem"]),
};

function row(
  start: StartVerdict,
  reload: ReloadVerdict,
  leaf: LeafVerdict,
  lint: readonly string[],
  why?: string,
): Verdict {
  return { start, reload, leaf, lint, why };
}

/** Bundles whose one certificate is wrong in both files that hold it. */
function allFiles(
  start: StartVerdict,
  reload: ReloadVerdict,
  names: readonly string[],
): Readonly<Record<string, Verdict>> {
  const lint = ["error IV0505 ca-cert.pem", "error IV0505 cert-chain.pem"];
  return Object.fromEntries(names.map((name) => [name, row(start, reload, "none", lint)]));
}
