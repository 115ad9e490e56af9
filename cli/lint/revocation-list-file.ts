import { DerError } from "../../lib/private/x509/der-reader";
import { intendedBlocks, type PemBlock, pemBlocks } from "../../lib/private/x509/pem-blocks";
import { RevocationList } from "./revocation-list";

export type { RevocationList };

/** The lists of a `ca-crl.pem`, and what of it Go or OpenSSL does not read, in words. */
export function readRevocationLists(pem: string): {
  readonly lists: readonly RevocationList[];
  readonly wrong: readonly string[];
} {
  const blocks = pemBlocks(pem);
  const lists: RevocationList[] = [];
  const wrong: string[] = [];
  blocks.forEach((block, index) => {
    const read = readBlock(block);
    if (typeof read === "string") wrong.push(`block ${index + 1} ${read}`);
    else lists.push(read);
  });
  if (blocks.length === 0) wrong.push("holds no PEM block");
  else if (intendedBlocks(pem) > blocks.length) wrong.push("a marker is not on a line of its own");
  return { lists, wrong };
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
