import { setTimeout as delay } from "node:timers/promises";
import { Duration } from "../../lib/duration";
import { ValidationError } from "../../lib/errors";
import { CommandError } from "./command-error";
import { ExitCode } from "./exit-code";

/** Between two looks while waiting. */
export const INTERVAL_SECONDS = 5;

/**
 * When `--wait` is over, in milliseconds; undefined where nobody waits.
 *
 * @throws CommandError if it is no duration
 */
export function deadlineOf(wait: string | undefined): number | undefined {
  if (wait === undefined) return undefined;
  try {
    return Date.now() + Duration.parse(wait).toSeconds() * 1000;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new CommandError(`--wait: ${error.finding.message}`, ExitCode.USAGE);
  }
}

/**
 * Looks until it is enough, or no time is left for another look; once where nobody waits.
 *
 * @param goOn is told what was seen before each wait
 * @returns what was seen last
 */
export async function lookUntil<Seen>(
  deadline: number | undefined,
  look: () => Promise<Seen>,
  isEnough: (seen: Seen) => boolean,
  goOn: (seen: Seen) => void,
): Promise<Seen> {
  for (;;) {
    const seen = await look();
    const late = deadline !== undefined && Date.now() + INTERVAL_SECONDS * 1000 > deadline;
    if (isEnough(seen) || deadline === undefined || late) return seen;
    goOn(seen);
    await delay(INTERVAL_SECONDS * 1000);
  }
}
