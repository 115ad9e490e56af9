import type { Mesh } from "../../config/mesh";
import { plainSerial } from "../../lib/private/serial";
import { span } from "../command-line/text";
import { CA_CRL } from "../lint/plugin-ca-files";
import { readRevocationLists, type RevocationList } from "../lint/revocation-list-file";
import type { ClusterState } from "./cluster-state";
import { valueOf } from "./facts";
import { proxyList, withoutLists } from "./proxies";
import { type Authority, currentLists, longestOf } from "./published-lists";
import { isInUse } from "./revocation-steps";
import { rules } from "./rules";
import { findingsAt, type StatusFinding } from "./status-finding";

/** Share of a list's time that must be left. */
const LEFT_AT_LEAST = 1 / 5;

/** Whether the lists that each cluster hands out are there, cover every chain of the mesh, and last. */
export function judgeLists(
  mesh: Mesh,
  states: readonly ClusterState[],
  authorities: readonly Authority[],
  now: Date,
): StatusFinding[] {
  const revoked = new Set(mesh.revocation?.revoked.map(({ serial }) => plainSerial(serial)));
  return states.flatMap((state) => [
    ...(mesh.revocation ? signsNone(state) : []),
    ...wouldCutOff(state, revoked),
    ...publishedBy(state, mesh.revocation?.lists === "served", authorities, now),
    ...(revoked.size > 0 ? acceptRevoked(state) : []),
  ]);
}

/** What is in Vault, and signed no list. */
function signsNone({ name, facts }: ClusterState): StatusFinding[] {
  const record = valueOf(facts.vault)?.record;
  if (!record || record.hasList) return [];
  return [findingsAt("differs from mesh.yaml", name).found(rules.intermediateWithoutList(record.serial))];
}

/** What mesh.yaml revokes, deployed or not yet, and its cluster still needs. */
function wouldCutOff(state: ClusterState, revoked: ReadonlySet<string>): StatusFinding[] {
  const { found } = findingsAt("differs from mesh.yaml", state.name);
  return [...revoked]
    .filter((serial) => isInUse(state, serial))
    .map((serial) => found(rules.revocationCutsOff(serial)));
}

/** Proxies to which it makes no difference that something is revoked. */
function acceptRevoked({ name, facts }: ClusterState): StatusFinding[] {
  const names = withoutLists(facts);
  return names.length === 0
    ? []
    : [findingsAt("proxies", name).found(rules.proxiesWithoutLists(names.length, proxyList(names)))];
}

function publishedBy(
  { name, facts }: ClusterState,
  isServed: boolean,
  authorities: readonly Authority[],
  now: Date,
): StatusFinding[] {
  const kubernetes = valueOf(facts.kubernetes);
  const asked = kubernetes?.revocationLists;
  if (!asked || kubernetes.istiods.total === 0) return [];
  const drift = findingsAt("differs from mesh.yaml", name).found;
  const { found, notFoundOut } = findingsAt("trust", name);
  if (!asked.known) return [notFoundOut(rules.listsNotAsked(asked.reason))];
  const pem = asked.value;
  if (pem === "") return isServed ? [drift(rules.listsNotPublished())] : [];
  const { lists, wrong, refused } = readRevocationLists(pem);
  const unusable = [...wrong, ...refused];
  if (unusable.length > 0) return [found(rules.listsUnreadable(CA_CRL, unusable.join("; ")))];
  return [
    ...(isServed ? [] : [drift(rules.listsStillPublished())]),
    ...authorities.flatMap((authority) => judgeOne(lists, authority, authorities, now)).map(found),
  ];
}

function judgeOne(
  lists: readonly RevocationList[],
  authority: Authority,
  authorities: readonly Authority[],
  now: Date,
) {
  const { certificate, name } = authority;
  const current = currentLists(lists, certificate, now);
  if (current.length === 0) {
    const isThere = lists.some((list) => list.isOf(certificate));
    return [rules.listMissing(name, isThere ? "no current list" : "no list")];
  }
  const revoked = authorities
    .filter((other) => other.certificate.isSignedBy(certificate))
    .filter((other) => current.some((list) => list.names(other.certificate)))
    .map((other) => rules.revokedSigns(other.name));
  return [...revoked, ...endsSoon(current, authority, now)];
}

/** The one that lasts longest counts; where the CA ends before it, that is said of the CA. */
function endsSoon(lists: readonly RevocationList[], { certificate, name }: Authority, now: Date) {
  const longest = longestOf(lists);
  if (!longest || longest.end >= certificate.notAfter) return [];
  const { begin, end } = longest;
  const [left, whole] = [end.getTime() - now.getTime(), end.getTime() - begin.getTime()];
  return left >= whole * LEFT_AT_LEAST ? [] : [rules.listEndsSoon(name, end.toISOString(), span(left))];
}
