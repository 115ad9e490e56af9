import { type CertificateParts, type Signer } from "../../__tests__/support/crafted-certificate";
import { type Authority, authority, type Keys } from "./parts";

/** The CAs of a set before anything is wrong with it. */
export interface Shape {
  readonly name: string;
  /** By their place in the files: `ca` is the intermediate. */
  readonly authorities: Readonly<Record<string, Authority>>;
  /** Names of those in `cert-chain.pem`. */
  readonly chain: readonly string[];
  /** Names of those in `root-cert.pem`. */
  readonly bundle: readonly string[];
  /** Names of those that have a list in `ca-crl.pem`, where there is one. */
  readonly lists?: readonly string[];
}

/** Sound ones, and ones whose certificates could be mistaken for each other. */
export function shapes({ ec, p384, ed25519, rsa }: Keys): Shape[] {
  const [rootKey, caKey, upperKey, otherKey, thirdKey] = ec as [Signer, Signer, Signer, Signer, Signer];
  const root = authority("Root", rootKey);
  const ca = authority("Intermediate", caKey, root, 0);
  const upper = authority("Upper", upperKey, root, 1);
  const lower = authority("Lower", caKey, upper, 0);
  const otherRoot = authority("Other root", otherKey);
  const namesake = authority("Root", otherKey);
  const renewed = authority("Root", rootKey);
  const rsaRoot = authority("RSA root", rsa);
  const p384Root = authority("P-384 root", p384);
  const ed25519Root = authority("Ed25519 root", ed25519);
  const crossed = authority("Other root", otherKey, root);
  const underOther = authority("Intermediate", caKey, otherRoot, 0);
  const earlier = authority("Intermediate", caKey, root, 0);
  const anotherKey = authority("Intermediate", thirdKey, root, 0);
  const shape = (
    name: string,
    authorities: Shape["authorities"],
    chain: string,
    bundle: string,
    lists?: string,
  ): Shape => ({
    name,
    authorities,
    chain: chain.split(" "),
    bundle: bundle.split(" "),
    lists: lists?.split(" "),
  });
  return [
    shape("one level", { ca, root }, "ca", "root"),
    shape("one level, listed", { ca, root }, "ca", "root", "ca root"),
    shape("one level, listed with the root", { ca, root }, "ca root", "root", "ca root"),
    shape("two levels", { ca: lower, upper, root }, "ca upper", "root"),
    shape("two levels, listed", { ca: lower, upper, root }, "ca upper", "root", "ca upper root"),
    shape("two roots", { ca, root, other: otherRoot }, "ca", "root other"),
    shape("two roots, the other first", { ca, root, other: otherRoot }, "ca", "other root"),
    shape("two roots of a name", { ca, root, other: namesake }, "ca", "root other"),
    shape("two roots of a name, the other first", { ca, root, other: namesake }, "ca", "other root"),
    shape("root renewed", { ca, root, other: renewed }, "ca", "other root"),
    shape("root renewed, the old one gone", { ca, old: root, root: renewed }, "ca", "root"),
    shape("root in the chain", { ca, root }, "ca root", "root"),
    shape("cross-signed", { ca: underOther, upper: crossed, other: otherRoot, root }, "ca upper", "root"),
    shape(
      "cross-signed, both roots",
      { ca: underOther, upper: crossed, other: otherRoot, root },
      "ca upper",
      "other root",
    ),
    shape("chain: an earlier certificate", { ca, upper: earlier, root }, "upper", "root"),
    shape("chain: a namesake after it", { ca, upper: anotherKey, root }, "ca upper", "root"),
    shape("chain: a namesake before it", { ca, upper: anotherKey, root }, "upper ca", "root"),
    shape("RSA", { ca: authority("Intermediate", rsa, rsaRoot, 0), root: rsaRoot }, "ca", "root"),
    shape("EC under RSA", { ca: authority("Intermediate", caKey, rsaRoot, 0), root: rsaRoot }, "ca", "root"),
    shape("P-384", { ca: authority("Intermediate", p384, p384Root, 0), root: p384Root }, "ca", "root"),
    shape(
      "Ed25519",
      { ca: authority("Intermediate", ed25519, ed25519Root, 0), root: ed25519Root },
      "ca",
      "root",
    ),
    shape("the root as the CA", { ca: root, root }, "ca", "ca"),
  ];
}

export function withParts(one: Authority, parts: Partial<CertificateParts>): Authority {
  return { ...one, parts: { ...one.parts, ...parts } };
}
