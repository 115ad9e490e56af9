import type { X509Certificate } from "node:crypto";
import type { Mesh } from "../../config/mesh";
import { CaCertificate } from "../lint/ca-certificate";
import { CA_CRL, PLUGIN_CA_FILE_NAMES } from "../lint/plugin-ca-files";
import { readRevocationLists, type RevocationList } from "../lint/revocation-list-file";
import { serialPairs } from "../../lib/private/serial";
import { span } from "../command-line/text";
import type { ClusterState } from "./cluster-state";
import { valueOf } from "./facts";
import { rules } from "./rules";
import { findingsAt, type StatusFinding } from "./status-finding";

/** Share of a list's time that must be left. */
const LEFT_AT_LEAST = 1 / 5;

/** A CA whose chains proxies verify. */
interface Authority {
  readonly certificate: CaCertificate;
  /** In words. */
  readonly name: string;
}

/** Whether the lists that each cluster hands out are there, cover every chain of the mesh, and last. */
export function judgeLists(mesh: Mesh, states: readonly ClusterState[], now: Date): StatusFinding[] {
  const authorities = authoritiesOf(states);
  const revoked = new Set(mesh.revocation?.revoked.map(({ serial }) => serialPairs(serial)!.join("")));
  return states.flatMap((state) => [
    ...(mesh.revocation ? signsNone(state) : []),
    ...wouldCutOff(state, revoked),
    ...publishedBy(state, mesh.revocation?.lists === "served", authorities, now),
  ]);
}

/** What is in Vault, and signed no list. */
function signsNone({ name, facts }: ClusterState): StatusFinding[] {
  const record = valueOf(facts.vault)?.record;
  if (!record || record.hasList) return [];
  return [findingsAt("differs from mesh.yaml", name).found(rules.intermediateWithoutList(record.serial))];
}

/** What mesh.yaml revokes, deployed or not yet, and its cluster still needs. */
function wouldCutOff({ name, facts, signers }: ClusterState, revoked: ReadonlySet<string>): StatusFinding[] {
  const inUse = [
    valueOf(facts.vault)?.record?.serial,
    ...signers.map(({ ca }) => ca?.serialNumber.toLowerCase()),
  ];
  return [...new Set(inUse)].flatMap((serial) =>
    serial !== undefined && revoked.has(serial)
      ? [findingsAt("trust", name).found(rules.revocationCutsOff(serial))]
      : [],
  );
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
  const { lists, wrong } = readRevocationLists(pem);
  if (wrong.length > 0) return [found(rules.listsUnreadable(CA_CRL, wrong.join("; ")))];
  return [
    ...(isServed ? [] : [drift(rules.listsStillPublished())]),
    ...authorities.flatMap((authority) => judgeOne(lists, authority, authorities, now)).map(found),
  ];
}

function judgeOne(
  lists: readonly RevocationList[],
  { certificate, name }: Authority,
  authorities: readonly Authority[],
  now: Date,
) {
  const own = lists.filter((list) => list.isOf(certificate));
  const current = own.filter(({ begin, end }) => begin <= now && (end === undefined || now <= end));
  if (current.length === 0)
    return [rules.listMissing(name, own.length === 0 ? "no list" : "no current list")];
  const revoked = authorities
    .filter((other) => other.certificate.isSignedBy(certificate))
    .filter((other) => current.some((list) => list.names(other.certificate)))
    .map((other) => rules.revokedSigns(other.name));
  return [...revoked, ...endsSoon(current, { certificate, name }, now)];
}

/** The one that lasts longest counts; where the CA ends before it, that is said of the CA. */
function endsSoon(lists: readonly RevocationList[], { certificate, name }: Authority, now: Date) {
  if (lists.some(({ end }) => end === undefined)) return [];
  const last = lists.reduce((one, other) => (other.end! > one.end! ? other : one));
  if (last.end! >= certificate.notAfter) return [];
  const [left, whole] = [last.end!.getTime() - now.getTime(), last.end!.getTime() - last.begin.getTime()];
  return left >= whole * LEFT_AT_LEAST ? [] : [rules.listEndsSoon(name, last.end!.toISOString(), span(left))];
}

/** Every intermediate that an istiod signs with, and every root that a cluster publishes, once each. */
function authoritiesOf(states: readonly ClusterState[]): Authority[] {
  const all = states.flatMap(({ name, signers, published }) => [
    ...signers.flatMap(({ ca, selfSigned }) =>
      ca && !selfSigned ? [{ certificate: read(ca), name: `the intermediate of ${name}` }] : [],
    ),
    ...(published ?? []).map((root) => ({ certificate: read(root), name: `the root "${oneLine(root)}"` })),
  ]);
  const first = (fingerprint: string) => all.find((one) => one.certificate.fingerprint === fingerprint);
  return all.filter((one) => first(one.certificate.fingerprint) === one);
}

function read(certificate: X509Certificate): CaCertificate {
  return CaCertificate.read(certificate.raw, PLUGIN_CA_FILE_NAMES.certChain);
}

function oneLine({ subject }: X509Certificate): string {
  return subject.replaceAll("\n", ", ");
}
