import { DerError } from "../../lib/private/x509/der-reader";
import { intendedBlocks, type PemBlock, pemBlocks } from "../../lib/private/x509/pem-blocks";
import type { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import { CA_CRL } from "./plugin-ca-files";
import { RevocationList } from "./revocation-list";
import { rules } from "./rules";

/**
 * What is wrong with `ca-crl.pem`. Proxies refuse a chain unless every CA in it has a current list; istiod looks at
 * those of `cert-chain.pem` alone, and at no dates.
 *
 * @param authorities every certificate of the path, the root among them, and of `cert-chain.pem`
 */
export function lintRevocationLists(
  pem: string,
  authorities: readonly CaCertificate[],
  now: Date,
): LintFinding[] {
  if (pem === "") return [];
  const found = (finding: Parameters<typeof inFile>[1]) => inFile(CA_CRL, finding);
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
  if (wrong.length > 0) return wrong.map((what) => found(rules.crlUnreadable(what)));
  return authorities.flatMap((authority) => lintOne(lists, authority, authorities, now).map(found));
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

function lintOne(
  lists: readonly RevocationList[],
  authority: CaCertificate,
  authorities: readonly CaCertificate[],
  now: Date,
) {
  if (authority.fields.revokedForSomeReasons) return [rules.crlReasons(authority.name)];
  const own = lists.filter((list) => list.isOf(authority));
  if (own.length === 0) return [rules.crlMissing(authority.name)];
  if (lists.some((list) => list.namesIssuer(authority) && !list.isOf(authority))) {
    return [rules.crlMistaken(authority.name)];
  }
  const current = own.filter(({ begin, end }) => begin <= now && (end === undefined || now <= end));
  if (current.length === 0) {
    const ends = own.map(({ begin, end }) => (now < begin ? begin : end!).toISOString());
    return [rules.crlNotCurrent(authority.name, ends.join(", "))];
  }
  return authorities
    .filter(
      (certificate) => certificate.isSignedBy(authority) && current.some((list) => list.names(certificate)),
    )
    .map((certificate) => rules.certificateRevoked(certificate.name, authority.name));
}
