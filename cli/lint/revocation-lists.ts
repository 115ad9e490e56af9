import type { CaCertificate } from "./ca-certificate";
import { inFile, type LintFinding } from "./lint-finding";
import { CA_CRL } from "./plugin-ca-files";
import type { RevocationList } from "./revocation-list";
import { readRevocationLists } from "./revocation-list-file";
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
  const { lists, wrong, refused } = readRevocationLists(pem);
  if (wrong.length > 0) return wrong.map((what) => found(rules.crlUnreadable(what)));
  if (refused.length > 0) return refused.map((what) => found(rules.crlRefused(what)));
  return authorities.flatMap((authority) => lintOne(lists, authority, authorities, now).map(found));
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
  const current = own.filter((list) => list.isCurrentAt(now));
  if (current.length === 0) {
    const ends = own.map(({ begin, end }) => (now < begin ? begin : end!).toISOString());
    return [rules.crlNotCurrent(authority.name, ends.join(", "))];
  }
  return [
    ...authorities
      .filter(
        (certificate) => certificate.isSignedBy(authority) && current.some((list) => list.names(certificate)),
      )
      .map((certificate) => rules.certificateRevoked(certificate.name, authority.name)),
    ...endsFirst(current, authority),
  ];
}

/** Proxies refuse every chain of a CA from the second on in which the last of its lists ends. */
function endsFirst(lists: readonly RevocationList[], { name, notAfter }: CaCertificate) {
  const ends = lists.map(({ end }) => end?.getTime() ?? Infinity);
  const last = Math.max(...ends);
  return last < notAfter.getTime() ? [rules.crlEndsFirst(name, new Date(last).toISOString())] : [];
}
