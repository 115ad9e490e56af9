/** Prints rows under their headings as they come, the columns aligned. */
export function printTable(headings: readonly string[]): (cells: readonly string[]) => void {
  const print = (cells: readonly string[]) =>
    console.log(cells.map((cell, index) => cell.padStart(headings[index].length)).join("   "));
  print(headings);
  return print;
}

export const inSeconds = (seconds: number): string => `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;

/** Seconds on the clock of the fastest run. */
export async function best(times: number, run: () => Promise<unknown>): Promise<number> {
  let fastest = Infinity;
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    await run();
    fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  return fastest;
}
