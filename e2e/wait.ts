import { ProgramEnded } from "./processes";

export function delay(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/**
 * Asks again and again until there is an answer other than `undefined` or `false`. An error counts as
 * no answer yet, and is what the message tells if none comes.
 */
export async function waitFor<Answer>(
  what: string,
  seconds: number,
  ask: () => Promise<Answer | undefined | false>,
): Promise<Answer> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const asked = Date.now();
    let reason = "";
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      if (error instanceof ProgramEnded) throw error;
      reason = `: ${(error as Error).message}`;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s${reason}`);
    // What is costly to ask must not keep busy what it asks about.
    await delay(Math.max(0.3, (Date.now() - asked) / 1000));
  }
}
