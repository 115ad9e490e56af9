import { DerError } from "../../lib/private/x509/der-reader";
import { intendedBlocks, type PemBlock, pemBlocks } from "../../lib/private/x509/pem-blocks";
import { RevocationList } from "./revocation-list";

export type { RevocationList };

/** The lists of a `ca-crl.pem`, what of it Go or OpenSSL does not read, and what Envoy refuses of the rest, in words. */
export function readRevocationLists(pem: string): {
  readonly lists: readonly RevocationList[];
  readonly wrong: readonly string[];
  readonly refused: readonly string[];
} {
  const blocks = pemBlocks(pem);
  const lists: RevocationList[] = [];
  const wrong: string[] = [];
  const refused: string[] = [];
  blocks.forEach((block, index) => {
    const read = readBlock(block);
    const name = `block ${index + 1}`;
    if (typeof read === "string") {
      wrong.push(`${name} ${read}`);
      return;
    }
    lists.push(read);
    if (read.refused !== undefined) refused.push(`${name} ${read.refused}`);
  });
  if (blocks.length === 0) wrong.push("holds no PEM block");
  else if (intendedBlocks(pem) > blocks.length) wrong.push("a marker is not on a line of its own");
  return { lists, wrong, refused };
}

function readBlock({ type, der, isSplit, hasHeaders }: PemBlock): RevocationList | string {
  if (type !== "X509 CRL") return `is a ${type}`;
  if (hasHeaders) return "has header lines";
  if (isSplit) return "has an empty line in its base64";
  if (der === undefined) return "is no base64";
  try {
    return RevocationList.read(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return error.message;
  }
}
