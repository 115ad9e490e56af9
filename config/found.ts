import { Duration } from "../lib";
import type { Finding } from "../lib/rules";
import type { Path } from "./mesh-file-error";

/** What is found from the value as it is written: a file's name is another once it is expanded. */
export type FindingOf = (written: string) => Finding;

/** A mistake, and the key of the expanded mesh.yaml it is at. */
export interface Found {
  readonly path: Path;
  readonly finding: Finding | FindingOf;
}

/** The same as zod carries it: in `params` of a custom issue, so that it keeps its id and its page. */
export function issueOf({ path, finding }: Found) {
  return { code: "custom" as const, path: [...path], params: { finding } };
}

/** What a rule across keys may rely on of values that need not be right: undefined is what is wrong. */
export function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function strings(value: unknown): readonly string[] | undefined {
  const isRight = Array.isArray(value) && value.length > 0 && value.every((item) => string(item));
  return isRight ? value : undefined;
}

export function duration(value: unknown): Duration | undefined {
  return value instanceof Duration ? value : undefined;
}

/** Items whose key an earlier one has, with the places of both; `undefined` is no key. */
export function repeated<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key | undefined) {
  const firsts = new Map<Key, number>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined) return [];
    const first = firsts.get(key) ?? index;
    firsts.set(key, first);
    return first === index ? [] : [{ item, key, index, first }];
  });
}
