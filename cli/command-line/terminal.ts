import type { Environment } from "./environment";

/** Where a command writes: data goes to stdout, messages for people to stderr. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Environment;
  /** Whether a person watches stderr, so that progress may be drawn there. */
  readonly interactive: boolean;
}

/** The process's own. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    env: process.env,
    interactive: process.stderr.isTTY === true && !process.env.CI,
  };
}
