import { nameList } from "../../lib/private/text";
import { shown } from "./shown";

/** As many as a person reads at once; of more the number is what matters. */
const MOST = 10;

/**
 * What a list gains and loses, entry by entry: whole lists are cut at the same place, and look alike. Undefined where
 * a side is no list. Claims are lists too, each a name with what it may be, separated by commas.
 */
export function listChange(before: unknown, after: unknown): string | undefined {
  const [was, is] = [entriesOf(before), entriesOf(after)];
  if (!was || !is) return undefined;
  const added = is.filter((entry) => !was.includes(entry));
  const removed = was.filter((entry) => !is.includes(entry));
  const texts = [
    ...(added.length > 0 ? [`added ${names(added)}`] : []),
    ...(removed.length > 0 ? [`removed ${names(removed)}`] : []),
  ];
  return texts.length > 0 ? texts.join(", ") : "the same entries in another order or number";
}

function names(entries: readonly string[]): string {
  return `[${nameList(entries.map(shown), MOST)}]`;
}

function entriesOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === "string") ? (value as string[]) : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const claims = Object.entries(value);
  if (claims.some(([, text]) => typeof text !== "string")) return undefined;
  return claims.flatMap(([claim, text]) => `${text}`.split(",").map((part) => `${claim}: ${part}`));
}
