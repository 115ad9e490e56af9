import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";
import { requireKnown } from "./tokens";

/**
 * Checks a number that is raised by one to renew.
 *
 * @throws ValidationError IV0130 if it is known only to Terraform
 * @throws ValidationError IV0210 unless it is a whole number of at least 1
 */
export function requireGeneration(key: string, generation: number, scope?: IConstruct): void {
  requireKnown(key, generation, scope);
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw new ValidationError(rules.generationForm(generation, key), scope);
  }
}
