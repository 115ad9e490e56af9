import type { Environment } from "./environment";

/** Where a command writes: data goes to stdout, messages for people to stderr. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Environment;
  /** Whether a person watches stderr, so that progress may be drawn there. */
  readonly interactive: boolean;
  /** Width of the terminal stdout is shown on; undefined for a file or a pipe. */
  readonly columns?: number;
}

/** The process's own. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    env: process.env,
    columns: process.stdout.columns,
    interactive: process.stderr.isTTY === true && !process.env.CI,
  };
}
