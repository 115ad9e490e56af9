import type { TestContext } from "node:test";

let current: TestContext | undefined;

/** Whose notes are taken from now on. */
export function notesOf(context: TestContext): void {
  current = context;
}

/** Says a number or a name worth knowing, beside the step or check that runs. */
export function note(text: string): void {
  current?.diagnostic(text);
}

/** Says how long an action took. */
export async function timed(action: () => Promise<unknown>): Promise<void> {
  const started = Date.now();
  await action();
  note(`after ${((Date.now() - started) / 1000).toFixed(0)} s`);
}
