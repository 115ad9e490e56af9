import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { requireKnown } from "./tokens";

/**
 * @throws ValidationError IV0403 unless `replicas` is undefined or a whole number of at least 1
 * @throws ValidationError IV0130 if it is known only to Terraform
 */
export function requireReplicas(replicas: number | undefined, scope: IConstruct): void {
  requireKnown("replicas", replicas, scope);
  if (replicas !== undefined && (!Number.isSafeInteger(replicas) || replicas < 1)) {
    throw new ValidationError(rules.replicas(replicas), scope);
  }
}
