/**
 * A bundle's text beside its certificates: what differs in it, be it a comment, makes every connected proxy request a
 * new certificate. istiod before 1.30 takes a bundle only if its text contains the one before, or is contained in it; so
 * every other generation has a line, at the end, and those between have none.
 */

/** The lines of a generation. */
export function leafLines(generation: number): readonly string[] {
  return generation % 2 === 0 ? [`# leaf generation ${generation}`] : [];
}

/** The line in a bundle's text; undefined where it has none. */
export function leafLineOf(bundle: string): string | undefined {
  return /^# leaf generation \d+$/m.exec(bundle)?.[0];
}

/** The generation of which a running bundle may be: of those without a line, the one that is nearest to the declared. */
export function leafGenerationOf(line: string | undefined, declared: number): number {
  if (line !== undefined) return Number(/\d+/.exec(line)![0]);
  return declared % 2 === 1 ? declared : declared - 1;
}
