import type { Mesh } from "../../config/mesh";
import { plainSerial } from "../../lib/private/serial";
import type { ClusterState } from "./cluster-state";
import { valueOf } from "./facts";
import { revokedByRoots } from "./published-lists";

/** An intermediate that mesh.yaml revokes, or no longer does, and the clusters whose lists do not say so yet. */
export interface RevocationStep {
  readonly serial: string;
  readonly clusters: readonly string[];
}

/** What mesh.yaml changes of what is revoked. */
export interface RevocationSteps {
  /** Each with the cluster that it was issued for. */
  readonly revoked: readonly (RevocationStep & { readonly of: string })[];
  readonly takenBack: readonly RevocationStep[];
}

/** Nothing where lists are not served: nobody reads them. */
export function revocationSteps(
  { revocation }: Mesh,
  running: readonly ClusterState[],
  now: Date,
): RevocationSteps {
  if (revocation?.lists !== "served") return { revoked: [], takenBack: [] };
  const all = running.map((state) => ({ name: state.name, lists: revokedByRoots(state, now) }));
  const where = (is: (lists: readonly ReadonlySet<string>[]) => boolean) =>
    all.filter(({ lists }) => is(lists)).map(({ name }) => name);
  const declared = revocation.revoked.map(({ serial, cluster }) => ({
    serial: plainSerial(serial),
    of: cluster,
  }));
  const named = new Set(all.flatMap(({ lists }) => lists.flatMap((list) => [...list])));
  for (const { serial } of declared) named.delete(serial);
  return {
    revoked: declared
      .map((one) => ({ ...one, clusters: where((lists) => !isRevokedBy(lists, one.serial)) }))
      .filter(({ clusters }) => clusters.length > 0),
    takenBack: [...named].map((serial) => ({
      serial,
      clusters: where((lists) => lists.some((list) => list.has(serial))),
    })),
  };
}

/** The serial numbers that a cluster's proxies refuse. */
export function revokedIn(state: ClusterState, now: Date): string[] {
  const lists = revokedByRoots(state, now);
  return [...(lists[0] ?? [])].filter((serial) => isRevokedBy(lists, serial));
}

/** Every root's list names whatever is revoked: it does not matter which of them signed it. */
function isRevokedBy(lists: readonly ReadonlySet<string>[], serial: string): boolean {
  return lists.length > 0 && lists.every((list) => list.has(serial));
}

/** Whether a cluster signs with an intermediate, or will as soon as its agents have what Vault holds. */
export function isInUse({ facts, signers }: ClusterState, serial: string): boolean {
  return (
    valueOf(facts.vault)?.record?.serial === serial ||
    signers.some(({ ca }) => ca?.serialNumber.toLowerCase() === serial)
  );
}
