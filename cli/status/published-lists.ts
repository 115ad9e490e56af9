import type { X509Certificate } from "node:crypto";
import { CaCertificate } from "../lint/ca-certificate";
import { PLUGIN_CA_FILE_NAMES } from "../lint/plugin-ca-files";
import { readRevocationLists, type RevocationList } from "../lint/revocation-list-file";
import type { ClusterState } from "./cluster-state";
import { valueOf } from "./facts";
import type { RootCertificates } from "./root-certificates";

/** A CA whose chains proxies verify. */
export interface Authority {
  readonly certificate: CaCertificate;
  /** `root a` or `intermediate of cluster1`. */
  readonly name: string;
}

/** When the list of a CA ends that a cluster hands out. */
export interface ListLifetime {
  readonly authority: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Every intermediate that an istiod signs with, and every root that a cluster publishes, once each. */
export function authoritiesOf(states: readonly ClusterState[], roots: RootCertificates): Authority[] {
  const all = states.flatMap(({ name, signers, published }) => [
    ...signers.flatMap(({ ca, selfSigned }) =>
      ca && !selfSigned ? [{ certificate: read(ca), name: `intermediate of ${name}` }] : [],
    ),
    ...(published ?? []).map((root) => ({ certificate: read(root), name: `root ${roots.nameOf(root)}` })),
  ]);
  const first = (fingerprint: string) => all.find((one) => one.certificate.fingerprint === fingerprint);
  return all.filter((one) => first(one.certificate.fingerprint) === one);
}

/** The lists by which a CA's chains are accepted at a moment. */
export function currentLists(
  lists: readonly RevocationList[],
  certificate: CaCertificate,
  now: Date,
): RevocationList[] {
  return lists.filter((list) => list.isOf(certificate) && list.isCurrentAt(now));
}

/** The one that lasts longest; undefined where one has no end. */
export function longestOf(lists: readonly RevocationList[]): { begin: Date; end: Date } | undefined {
  if (lists.length === 0 || lists.some(({ end }) => end === undefined)) return undefined;
  const { begin, end } = lists.reduce((one, other) => (other.end! > one.end! ? other : one));
  return { begin, end: end! };
}

/** Of each CA whose list a cluster hands out; of several intermediates of one cluster, that which ends first. */
export function listLifetimes(
  { facts }: ClusterState,
  authorities: readonly Authority[],
  now: Date,
): ListLifetime[] {
  const pem = valueOf(valueOf(facts.kubernetes)?.revocationLists ?? NOT_ASKED) ?? "";
  const { lists } = readRevocationLists(pem);
  const lifetimes = authorities
    .flatMap((authority) => {
      const longest = longestOf(currentLists(lists, authority.certificate, now));
      return longest ? [{ authority: authority.name, notBefore: longest.begin, notAfter: longest.end }] : [];
    })
    .toSorted((one, other) => one.notAfter.getTime() - other.notAfter.getTime());
  const first = (name: string) => lifetimes.find(({ authority }) => authority === name);
  return lifetimes.filter((one) => first(one.authority) === one);
}

/** The serial numbers that each root revokes which a cluster publishes, by the lists that it hands out. */
export function revokedByRoots({ facts, published }: ClusterState, now: Date): ReadonlySet<string>[] {
  const pem = valueOf(valueOf(facts.kubernetes)?.revocationLists ?? NOT_ASKED) ?? "";
  const { lists } = readRevocationLists(pem);
  return (published ?? []).map((root) => {
    const current = currentLists(lists, read(root), now);
    return new Set(current.flatMap(({ serials }) => serials));
  });
}

const NOT_ASKED = { known: false, reason: "" } as const;

function read(certificate: X509Certificate): CaCertificate {
  return CaCertificate.read(certificate.raw, PLUGIN_CA_FILE_NAMES.certChain);
}
