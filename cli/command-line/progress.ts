import { Presets, SingleBar } from "cli-progress";
import type { Terminal } from "./terminal";

/** How far a command over many clusters is; drawn on stderr where a person watches. */
export interface Progress {
  readonly advance: () => void;
  readonly end: () => void;
}

export function progressOf({ interactive }: Terminal, what: string, total: number): Progress {
  if (!interactive || total < 2) return { advance: () => {}, end: () => {} };
  const bar = new SingleBar(
    { format: `${what}  {bar}  {value} of {total} clusters`, clearOnComplete: true, stream: process.stderr },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: () => bar.increment(), end: () => bar.stop() };
}
