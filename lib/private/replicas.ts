import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** @throws ValidationError IV0403 unless `replicas` is undefined or a whole number of at least 1 */
export function requireReplicas(replicas: number | undefined, scope: IConstruct): void {
  if (replicas !== undefined && (!Number.isSafeInteger(replicas) || replicas < 1)) {
    throw new ValidationError(rules.replicas(replicas), scope);
  }
}
