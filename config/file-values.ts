import { z } from "zod";
import {
  canonicalPem,
  containsPrivateKey,
  isSelfSignedCa,
  parseCertificates,
  whyRefused,
} from "../lib/private/pem";
import { reason } from "../lib/private/text";
import { type FindingOf, issueOf } from "./found";
import { publicKeys, wrongPublicKeys } from "./public-keys";
import { rules } from "./rules";
import { text } from "./schema-values";
import { readTextFile } from "./text-file";

/** The files that mesh.yaml names, each by its absolute path: read here and nowhere else. */

/** Public certificates, and the file they came from. */
export interface CertificateFile {
  /** Absolute path. */
  readonly path: string;
  readonly pem: string;
}

/** A file of CA certificates. */
export const certificateFile = file(certificateRefusal, (pem, path): CertificateFile => ({ path, pem }));

/** A root's certificate, as its canonical PEM: one, signed by its own key. */
export const rootCertificateFile = file((pem) => certificateRefusal(pem) ?? rootRefusal(pem), canonicalPem);

/** A file of public keys, as PEM. */
export const publicKeysFile = file((contents) => {
  const holds = wrongPublicKeys(contents);
  return holds === undefined ? undefined : (name) => rules.publicKeyFile(name, holds);
}, publicKeys);

function file<V>(
  refusalOf: (contents: string) => FindingOf | undefined,
  toValue: (contents: string, path: string) => V,
) {
  return text.transform((path, context) => {
    const contents = read(path);
    const refusal = typeof contents === "string" ? refusalOf(contents) : contents;
    if (typeof contents === "string" && !refusal) return toValue(contents, path);
    context.addIssue(issueOf({ path: [], finding: refusal! }));
    return z.NEVER;
  });
}

function read(path: string): string | FindingOf {
  try {
    return readTextFile(path);
  } catch (error) {
    return (name) => rules.referencedFile(name, reason(error));
  }
}

function certificateRefusal(pem: string): FindingOf | undefined {
  const holds = containsPrivateKey(pem) ? "a private key" : wrongCertificates(pem);
  return holds === undefined ? undefined : (name) => rules.certificateFile(name, holds);
}

function rootRefusal(pem: string): FindingOf | undefined {
  if (!isSelfSignedCa(pem)) return () => rules.rootNotSelfSigned();
  const why = whyRefused(pem);
  return why === undefined ? undefined : () => rules.rootRefused(why);
}

function wrongCertificates(pem: string): string | undefined {
  const certificates = parseCertificates(pem);
  if (!certificates) return "no readable certificate";
  return certificates.every(({ ca }) => ca) ? undefined : "a certificate that is not a CA's";
}
