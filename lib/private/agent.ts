import type { IConstruct } from "constructs";
import { Duration } from "../duration";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** How often the agent checks for new files: the agent's own default. */
export const DEFAULT_RENDER_INTERVAL = Duration.minutes(5);

/** Whether the agent may check that often. */
export function isRenderInterval(interval: Duration): boolean {
  return !Duration.seconds(10).isLongerThan(interval) && !interval.isLongerThan(Duration.days(1));
}

/** @throws ValidationError IV0405 if `interval` is out of range */
export function requireRenderInterval(interval: Duration | undefined, scope: IConstruct): void {
  if (interval && !isRenderInterval(interval)) {
    throw new ValidationError(rules.renderInterval(interval.toString()), scope);
  }
}
