import type { IConstruct } from "constructs";
import { Duration } from "../duration";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** How often the agent checks for new files: as long as istiods of a cluster are apart at a change of its bundle. */
export const DEFAULT_RENDER_INTERVAL = Duration.seconds(30);

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
