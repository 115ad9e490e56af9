import { groupBy } from "./group-by";
import { nameList } from "./text";

/** How many rows a table has before those that are alike share one. */
export const ROWS_SHOWN = 50;

/** The rows of a table whose first cell is a name; of a fleet, one for those that say the same besides. */
export function foldedRows(rows: readonly (readonly string[])[]): (readonly string[])[] {
  if (rows.length <= ROWS_SHOWN) return [...rows];
  const alike = groupBy(rows, ([, ...cells]) => cells.join(" "));
  return [...alike.values()].map((group) => [sharedName(group), ...group[0]!.slice(1)]);
}

/** The first cell of a row that stands for all of these. */
export function sharedName(rows: readonly (readonly string[])[]): string {
  const names = rows.map(([name]) => name!);
  return nameList(names, 2);
}
