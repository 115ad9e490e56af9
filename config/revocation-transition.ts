import { serialPairs } from "../lib/private/serial";
import { nameList } from "../lib/private/text";
import type { Finding } from "../lib/rules";
import type { Mesh, RevocationConfig } from "./mesh";
import { rules } from "./rules";

type Revocation = Pick<RevocationConfig, "revoked"> & { readonly lists: string };

const NONE: Revocation = { lists: "none", revoked: [] };

/** What is to be said of a change of revocation; a mesh that is new has nobody to refuse yet. */
export function revocationFindings(
  base: Pick<Mesh, "revocation"> | undefined,
  head: Pick<Mesh, "revocation">,
): Finding[] {
  const { revocation: after = NONE } = head;
  if (!base) return [];
  const { revocation: before = NONE } = base;
  const steps = [before.lists, after.lists];
  const isSkipped = steps.includes("none") && steps.includes("served");
  const [added, gone] = [beyond(after, before), beyond(before, after)];
  const read =
    after.lists === "served" ? "" : ", once lists are served, which they are not: nobody reads them";
  return [
    ...(isSkipped ? [rules.listsStepSkipped(before.lists, after.lists)] : []),
    ...(added.length > 0 ? [rules.revokes(nameList(added), read)] : []),
    ...(gone.length > 0 ? [rules.revocationTakenBack(nameList(gone))] : []),
  ];
}

/** What one revokes and the other does not, in words. */
function beyond({ revoked }: Revocation, other: Revocation): string[] {
  const known = new Set(other.revoked.map(({ serial }) => canonical(serial)));
  return revoked
    .filter(({ serial }) => !known.has(canonical(serial)))
    .map(({ cluster, serial }) => `intermediate ${canonical(serial)} of ${cluster}`);
}

function canonical(serial: string): string {
  return serialPairs(serial)!.join(":");
}
