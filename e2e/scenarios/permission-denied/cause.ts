import type { World } from "../../scenario";

/** What an attempt that succeeds answers. */
export const ACCEPTED = "200";

/** Asks for something; returns {@link ACCEPTED} or what was said instead. */
export type Attempt = (world: World) => Promise<string>;

/** Brings a cause about where it lies, in Vault or in a cluster; what it returns ends it. */
export type Break = (world: World) => Promise<() => Promise<unknown>>;

/** One cause of a refusal, brought about for real. */
export interface Cause {
  /** Anchor of its row in docs/permission-denied.md. */
  readonly row: string;
  readonly bring?: Break;
  /** What is refused with the cause. */
  readonly refused: Attempt;
  /** What is accepted without it. */
  readonly accepted: Attempt;
  /** What the page says tells this cause from others; throws where it does not. Runs with the cause. */
  readonly tell?: (world: World) => Promise<void>;
}

/** The cause is in what is asked, or who asks. */
export function wrong<Change>(
  row: string,
  attempt: (change?: Change) => Attempt,
  change: Change,
  tell?: Cause["tell"],
): Cause {
  return { row, refused: attempt(change), accepted: attempt(), tell };
}

/** The cause is elsewhere. */
export function broken(row: string, attempt: () => Attempt, bring: Break, tell?: Cause["tell"]): Cause {
  return { row, bring, refused: attempt(), accepted: attempt(), tell };
}
