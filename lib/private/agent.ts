import type { IConstruct } from "constructs";
import { Duration } from "../duration";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** How often the agent looks for new files, as the agent's own default. */
export const DEFAULT_RENDER_INTERVAL = Duration.minutes(5);

/** @throws ValidationError IV0405 if `interval` is out of range */
export function requireRenderInterval(interval: Duration | undefined, scope: IConstruct): void {
  if (interval && (interval.toSeconds() < 10 || interval.isLongerThan(Duration.days(1)))) {
    throw new ValidationError(rules.renderInterval(interval.toString()), scope);
  }
}
