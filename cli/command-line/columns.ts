const GAP = "  ";

/**
 * Rows with their columns aligned. Where they are wider than the terminal, the widest columns fold, between words: names
 * stay whole. A row of fewer cells than the first has its last one to the end of the line.
 *
 * @param width of the terminal; without one nothing folds, so that a line of a file is a row
 */
export function columns(rows: readonly (readonly string[])[], width = Infinity): string[] {
  const count = rows[0]?.length ?? 0;
  const whole = rows.filter((row) => row.length === count);
  const widths = fitted(
    Array.from({ length: count }, (_, column) => whole.map((row) => row[column]!)),
    width,
  );
  widths[0] = Math.max(
    widths[0] ?? 0,
    ...rows.filter((row) => row.length < count).map(([name]) => name!.length),
  );
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => (row.length === count ? folded(cell, widths[column]!) : [cell]));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) => (lines[line] ?? "").padEnd(widths[column]!))
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** Widths of columns that fit, the widest made narrower first; never narrower than their longest word. */
function fitted(cells: readonly (readonly string[])[], width: number): number[] {
  const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const widths = cells.map(longest);
  const least = cells.map((column) => longest(column.flatMap((text) => text.split(" "))));
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  while (total() > width) {
    const shrinkable = widths.filter((one, column) => one > least[column]!);
    if (shrinkable.length === 0) break;
    const widest = widths.findIndex((one, column) => one === Math.max(...shrinkable) && one > least[column]!);
    widths[widest]!--;
  }
  return widths;
}

function folded(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length <= width || last === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
