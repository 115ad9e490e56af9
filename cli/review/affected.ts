import { isDeepStrictEqual } from "node:util";
import { nameList } from "../../lib/private/text";
import { placeOf } from "./explanation";
import { shown } from "./shown";
import type { Resource, SynthesizedStack } from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;

/** A stack that Terraform would find changed, and why. */
export interface AffectedStack {
  readonly stack: string;
  readonly change: "added" | "changed" | "removed";
  readonly reason: string;
}

/** The stacks whose files differ. */
export function affectedStacks(base: Stacks, head: Stacks): AffectedStack[] {
  const names = [...new Set([...head.keys(), ...base.keys()])];
  return names.flatMap((stack): AffectedStack[] => {
    const [before, after] = [base.get(stack), head.get(stack)];
    if (!before) return [{ stack, change: "added", reason: `new, ${after!.resources.length} resources` }];
    if (!after) return [{ stack, change: "removed", reason: "no longer synthesized" }];
    if (isDeepStrictEqual(before.files, after.files)) return [];
    return [{ stack, change: "changed", reason: reason(before, after) }];
  });
}

/** Resources as they were and are; undefined on the side where there is none. */
export interface ResourceChange {
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** The resources of one stack that differ, by type and logical id, as Terraform matches them. */
export function changedResources(
  before: SynthesizedStack | undefined,
  after: SynthesizedStack | undefined,
): ResourceChange[] {
  if (before === after) return [];
  const byAddress = (stack: SynthesizedStack | undefined) =>
    new Map((stack?.resources ?? []).map((resource) => [`${resource.type}.${resource.id}`, resource]));
  const [was, is] = [byAddress(before), byAddress(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((address) => ({ before: was.get(address), after: is.get(address) }))
    .filter((change) => !isDeepStrictEqual(change.before?.attributes, change.after?.attributes));
}

function reason(before: SynthesizedStack, after: SynthesizedStack): string {
  const changes = changedResources(before, after);
  const kinds = [
    { verb: "added", of: changes.filter((change) => !change.before) },
    { verb: "changed", of: changes.filter((change) => change.before && change.after) },
    { verb: "removed", of: changes.filter((change) => !change.after) },
  ];
  const parts = kinds
    .filter(({ of }) => of.length > 0)
    .map(({ verb, of }) => `${verb} ${nameList(of.map(pathOf), 3)}`);
  for (const key of new Set([...Object.keys(before.json), ...Object.keys(after.json)])) {
    if (key !== "resource" && key !== "//" && !isDeepStrictEqual(before.json[key], after.json[key])) {
      parts.push(`changed ${shown(key)}`);
    }
  }
  return parts.join("; ") || "a file beside its configuration differs";
}

function pathOf({ before, after }: ResourceChange): string {
  return shown(placeOf((after ?? before)!));
}

/** GitHub runs at most so many jobs of one matrix. */
export const BATCH = 256;

/** A GitHub Actions matrix. */
export interface Matrix {
  readonly include: readonly AffectedStack[];
}

/** The stacks that can be planned, as matrices that each can be run. */
export function matrices(affected: readonly AffectedStack[]): Matrix[] {
  const planned = affected.filter(({ change }) => change !== "removed");
  const batches: Matrix[] = [];
  for (let start = 0; start < planned.length; start += BATCH) {
    batches.push({ include: planned.slice(start, start + BATCH) });
  }
  return batches;
}
