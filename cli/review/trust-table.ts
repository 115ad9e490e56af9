import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { nameList } from "../../lib/private/text";
import type { KeyReader, KeyReaders } from "./access-changes";
import { groupBy } from "../../lib/private/group-by";

/** One line of what is trusted, before and after. */
export interface TrustRow {
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  readonly note: string;
}

/** What a cluster's line shows where there is no such cluster. */
const NONE = "–";

/** Clusters of either side, each with what it signs with and trusts. */
export interface ClusterChange {
  readonly name: string;
  readonly before: ClusterState | undefined;
  readonly after: ClusterState | undefined;
}

export interface ClusterState {
  readonly signing: string;
  readonly bundle: readonly string[];
  readonly leafGeneration: number;
  readonly issuance: string;
  readonly revisions: readonly string[];
  readonly defaultRevision: string;
}

export function clusterChanges(base: Mesh | undefined, head: Mesh): ClusterChange[] {
  const states = (mesh: Mesh | undefined) =>
    new Map(
      (mesh?.clusters ?? []).map(
        ({ name, trust, leafGeneration, intermediates, istio }): [string, ClusterState] => [
          name,
          {
            signing: trust.signing,
            bundle: trust.bundle,
            leafGeneration,
            issuance: intermediates.issuance,
            revisions: istio.revisions.map((revision) => revision.name),
            defaultRevision: istio.defaultRevision,
          },
        ],
      ),
    );
  const [before, after] = [states(base), states(head)];
  return [...new Set([...after.keys(), ...before.keys()])].map((name) => ({
    name,
    before: before.get(name),
    after: after.get(name),
  }));
}

/** The table of trust: changed lines first, clusters of which the same is true in one line. */
export function trustTable(
  changes: readonly ClusterChange[],
  readers: readonly KeyReaders[],
  baseCommit: string,
): TrustRow[] {
  const rows = [
    ...lines(
      changes,
      ["signs with", "sign with"],
      ({ signing }) => signing,
      (change) => trustNote(change, changes, baseCommit),
    ),
    ...lines(changes, ["trusts", "trust"], ({ bundle }) => bundle.join(", ")),
    ...lines(
      changes,
      ["has leaves of generation", "have leaves of generation"],
      ({ leafGeneration }) => `${leafGeneration}`,
      renewalNote,
    ).filter(({ note }) => note !== ""),
    ...lines(changes, ["has its CA made by", "have their CAs made by"], ({ issuance }) => issuance),
    ...revisionLines(changes),
    ...readerLines(readers),
  ];
  return [...rows.filter(isChanged), ...rows.filter((row) => !isChanged(row))];
}

/** Of a mesh with one istiod in each cluster there is nothing to say. */
function revisionLines(changes: readonly ClusterChange[]): TrustRow[] {
  return [
    ...lines(changes, ["runs the revisions", "run the revisions"], ({ revisions }) => revisions.join(", ")),
    ...lines(
      changes,
      ["injects by default with", "inject by default with"],
      ({ defaultRevision }) => defaultRevision,
    ),
  ].filter(({ before, after }) => before !== after && before !== NONE && after !== NONE);
}

export function isChanged({ before, after }: TrustRow): boolean {
  return before !== after;
}

function lines(
  changes: readonly ClusterChange[],
  [ofOne, ofSeveral]: readonly [string, string],
  read: (state: ClusterState) => string,
  note: (change: ClusterChange) => string = () => "",
): TrustRow[] {
  const rows = changes.map((change) => ({
    name: change.name,
    before: change.before ? read(change.before) : NONE,
    after: change.after ? read(change.after) : NONE,
    note: note(change),
  }));
  return grouped(rows, (names) =>
    names.length === changes.length && names.length > 1
      ? `every cluster ${ofOne}`
      : `${nameList(names)} ${names.length > 1 ? ofSeveral : ofOne}`,
  );
}

/** What another generation does, and that it is all, where it is. */
function renewalNote({ before, after }: ClusterChange): string {
  if (!before || !after || before.leafGeneration === after.leafGeneration) return "";
  const isAll = isDeepStrictEqual({ ...before, leafGeneration: after.leafGeneration }, after);
  return `every sidecar renews its certificate${isAll ? "; nothing else changes" : ""}`;
}

/** Why a new signing root is fine, where it is: where not, a finding says so. */
function trustNote({ before, after }: ClusterChange, all: readonly ClusterChange[], commit: string): string {
  if (!before || !after || before.signing === after.signing) return "";
  const trusted = all.every((other) => !other.before || other.before.bundle.includes(after.signing));
  return trusted ? `every cluster has ${after.signing} in its bundle at ${commit}` : "";
}

function readerLines(readers: readonly KeyReaders[]): TrustRow[] {
  const rows = readers.map(({ cluster, before, after }) => ({
    name: cluster,
    before: readerText(before),
    after: readerText(after),
    note: "",
  }));
  return grouped(rows, (names) => `the CA key of ${nameList(names)} is read by`);
}

function readerText(readers: readonly KeyReader[]): string {
  if (readers.length === 0) return NONE;
  return [...new Set(readers.map(({ who, own }) => own ?? who))].join(", ");
}

type NamedRow = Omit<TrustRow, "subject"> & { readonly name: string };

function grouped(rows: readonly NamedRow[], subject: (names: readonly string[]) => string): TrustRow[] {
  const alike = groupBy(rows, ({ before, after, note }) => JSON.stringify([before, after, note]));
  return [...alike.values()].map((group) => {
    const [{ before, after, note }] = group;
    return { subject: subject(group.map(({ name }) => name)), before, after, note };
  });
}

/** The changes in a few words, for a title. */
export function changesInWords(changes: readonly ClusterChange[]): string[] {
  const names = (of: readonly ClusterChange[]) =>
    nameList(
      of.map(({ name }) => name),
      3,
    );
  const both = changes.filter((change) => change.before && change.after);
  const [added, removed] = [changes.filter((c) => !c.before), changes.filter((c) => !c.after)];
  const words: string[] = [];
  const say = (
    of: readonly ClusterChange[],
    text: (who: string, verb: (s: string, p: string) => string) => string,
  ) => {
    const who = of.length === both.length && of.length > 1 ? "every cluster" : names(of);
    const plural = of.length > 1 && who !== "every cluster";
    if (of.length > 0) words.push(text(who, (singular, several) => (plural ? several : singular)));
  };
  const roots = [
    ...new Set(changes.flatMap(({ before, after }) => [...(before?.bundle ?? []), ...(after?.bundle ?? [])])),
  ];
  for (const root of roots) {
    say(
      both.filter((c) => c.before!.signing !== root && c.after!.signing === root),
      (who, verb) => `${who} ${verb("starts", "start")} to sign with root ${root}`,
    );
    say(
      both.filter((c) => !c.before!.bundle.includes(root) && c.after!.bundle.includes(root)),
      (who, verb) => `${who} ${verb("trusts", "trust")} root ${root} too`,
    );
    say(
      both.filter((c) => c.before!.bundle.includes(root) && !c.after!.bundle.includes(root)),
      (who, verb) => `${who} no longer ${verb("trusts", "trust")} root ${root}`,
    );
  }
  say(
    both.filter((c) => c.before!.leafGeneration !== c.after!.leafGeneration),
    (who) => `every sidecar of ${who} renews its certificate`,
  );
  const revisions = new Set(both.flatMap(({ before, after }) => [...before!.revisions, ...after!.revisions]));
  for (const revision of revisions) {
    say(
      both.filter((c) => !c.before!.revisions.includes(revision) && c.after!.revisions.includes(revision)),
      (who, verb) => `${who} ${verb("runs", "run")} the revision ${revision} too`,
    );
    say(
      both.filter((c) => c.before!.defaultRevision !== revision && c.after!.defaultRevision === revision),
      (who, verb) => `${who} ${verb("promotes", "promote")} the revision ${revision}`,
    );
    say(
      both.filter((c) => c.before!.revisions.includes(revision) && !c.after!.revisions.includes(revision)),
      (who, verb) => `${who} ${verb("removes", "remove")} the revision ${revision}`,
    );
  }
  if (added.length > 0) words.push(`${names(added)} ${added.length > 1 ? "join" : "joins"} the mesh`);
  if (removed.length > 0) words.push(`${names(removed)} ${removed.length > 1 ? "leave" : "leaves"} the mesh`);
  return words;
}
