import { X509Certificate } from "node:crypto";
import type { Mesh, RootConfig } from "../../config/mesh";
import type { Duration } from "../../lib/duration";
import { nameList } from "../../lib/private/text";
import { DEFAULT_MARGIN } from "../issue/issue-command";
import { dueFrom, parseMargin } from "../issue/due";
import { groupBy } from "../../lib/private/group-by";
import { LEFT_AT_LEAST } from "../status/judge";
import { reportedClusters } from "./clusters";
import type { ReportFacts } from "./facts";

/** The life of a certificate. */
export interface Lifeline {
  readonly kind: "root" | "intermediate" | "gateway";
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** From when on it is to be renewed; for a root, from when on a new one is to take its place. */
  readonly due: Date;
  /** From when on status warns. */
  readonly late: Date;
}

/** Share of a gateway's certificate after which Vault Agent gets a new one. */
const GATEWAY_RENEWAL = 0.9;

/** Certificates that exist, roots first, then by what is due first. */
export function lifelines(facts: ReportFacts): Lifeline[] {
  const intermediates = reportedClusters(facts).flatMap(({ name, intermediates }) =>
    intermediates.map(({ notBefore, notAfter }) => intermediate(name, notBefore, notAfter)),
  );
  return [...knownRoots(facts).sort(byDue), ...intermediates.sort(byDue)];
}

/** The same as declared: what each would be if it were issued today. */
export function declaredLifelines({ mesh, at }: ReportFacts): Lifeline[] {
  const until = (validFor: Duration) => after(at, validFor.toSeconds());
  const roots = mesh.roots.flatMap((root) =>
    "certificatePem" in root
      ? certifiedRoot(mesh, root)
      : [rootOf(mesh, root.name, at, until(root.validFor))],
  );
  const intermediates = groupBy(mesh.clusters, (cluster) => `${cluster.intermediates.validFor}`);
  const gateways = groupBy(
    mesh.clusters.flatMap(({ name: cluster, gateways }) =>
      gateways.flatMap(({ name, certificate }) =>
        certificate.source === "vault-pki" ? [{ cluster, name, validFor: certificate.validFor }] : [],
      ),
    ),
    ({ name, validFor }) => `${name} ${validFor}`,
  );
  return [
    ...roots,
    ...[...intermediates.values()].map((group) =>
      intermediate(namesOf(group, mesh.clusters.length), at, until(group[0].intermediates.validFor)),
    ),
    ...[...gateways.values()].map((group): Lifeline => {
      const [{ name, validFor }] = group;
      const clusters = group.map(({ cluster }) => ({ name: cluster }));
      const due = after(at, validFor.toSeconds() * GATEWAY_RENEWAL);
      return {
        kind: "gateway",
        name: `${name} of ${namesOf(clusters, mesh.clusters.length)}`,
        notBefore: at,
        notAfter: until(validFor),
        due,
        late: due,
      };
    }),
  ];
}

function namesOf(group: readonly { readonly name: string }[], all: number): string {
  const names = group.map(({ name }) => name);
  return names.length === all && all > 1 ? "every cluster" : nameList(names, 2);
}

function intermediate(name: string, notBefore: Date, notAfter: Date): Lifeline {
  const length = notAfter.getTime() - notBefore.getTime();
  const due = dueFrom({ notBefore, notAfter }, parseMargin(DEFAULT_MARGIN));
  const late = new Date(notAfter.getTime() - length * LEFT_AT_LEAST);
  return { kind: "intermediate", name, notBefore, notAfter, due, late };
}

/** By name and end: another certificate of the same name is one more. */
function knownRoots({ mesh, status }: ReportFacts): Lifeline[] {
  const running = (status?.lifetimes ?? []).flatMap(({ roots }) =>
    roots.map(({ root, notBefore, notAfter }) => rootOf(mesh, root, notBefore, notAfter)),
  );
  const all = [...mesh.roots.flatMap((root) => certifiedRoot(mesh, root)), ...running];
  return [...new Map(all.map((line) => [`${line.name} ${line.notAfter.getTime()}`, line])).values()];
}

function certifiedRoot(mesh: Mesh, root: RootConfig): Lifeline[] {
  if (!("certificatePem" in root)) return [];
  const { validFrom, validTo } = new X509Certificate(root.certificatePem);
  return [rootOf(mesh, root.name, new Date(validFrom), new Date(validTo))];
}

/** What is issued under a root must not outlive it: status warns from then on, by IV0719. */
function rootOf({ clusters }: Mesh, name: string, notBefore: Date, notAfter: Date): Lifeline {
  const signed = clusters.filter(({ trust }) => trust.bundle.includes(name));
  const longest = Math.max(0, ...signed.map(({ intermediates }) => intermediates.validFor.toSeconds()));
  const due = after(notAfter, -longest);
  return { kind: "root", name, notBefore, notAfter, due, late: due };
}

function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

function byDue(one: Lifeline, other: Lifeline): number {
  return one.due.getTime() - other.due.getTime() || (one.name < other.name ? -1 : 1);
}
