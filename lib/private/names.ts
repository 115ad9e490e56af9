import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** Whether Vault mounts, policies and stacks can be named after it: a DNS label of at most 40 characters. */
export function isName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text);
}

/** @throws ValidationError IV0110 unless `value` is a token or a name */
export function requireName(property: string, value: string, scope: IConstruct): void {
  if (!Token.isUnresolved(value) && !isName(value)) {
    throw new ValidationError(rules.nameForm(property, value), scope);
  }
}
