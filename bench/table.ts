/** Prints rows under their headings as they come, the columns aligned. */
export function printTable(headings: readonly string[]): (cells: readonly string[]) => void {
  const print = (cells: readonly string[]) =>
    console.log(cells.map((cell, index) => cell.padStart(headings[index].length)).join("   "));
  print(headings);
  return print;
}

export const inSeconds = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
