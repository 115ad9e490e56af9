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
