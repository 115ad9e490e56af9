import { Fn, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/**
 * Checks a value that decides what is synthesized: a version that is compared, a number that is
 * calculated with, a name that becomes an id.
 *
 * @throws ValidationError IV0130 if it is known to Terraform alone
 */
export function requireKnown(key: string, value: unknown, scope?: IConstruct): void {
  if (holdsToken(value)) throw new ValidationError(rules.valueNotKnown(key), scope);
}

/**
 * Checks a list that is gone through: its entries may be references, the list itself may not.
 *
 * @throws ValidationError IV0130 if the list is known to Terraform alone
 */
export function requireKnownList(key: string, list: unknown, scope?: IConstruct): void {
  if (Token.isUnresolved(list)) requireKnown(key, list, scope);
}

/** Whether a value, or an entry of a list, is known to Terraform alone. */
function holdsToken(value: unknown): boolean {
  return Token.isUnresolved(value) || (Array.isArray(value) && value.some(Token.isUnresolved));
}

/** Two lists in one, either of which may be known to Terraform alone. */
export function joined(one: readonly string[], other: readonly string[]): string[] {
  if (other.length === 0) return [...one];
  return Token.isUnresolved(one) ? Token.asList(Fn.concat([[...one], [...other]])) : [...one, ...other];
}

/**
 * A value as JSON that stays JSON whatever Terraform fills in: what only it knows is encoded when it
 * becomes known, and a user's "${...}" and "%{...}" are kept from being evaluated.
 */
export function jsonText(value: unknown): string {
  if (typeof value === "string") return stringText(value);
  if (Token.isUnresolved(value)) return Fn.jsonencode(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${stringText(key)}:${jsonText(item)}`).join(",")}}`;
}

function stringText(text: string): string {
  return JSON.stringify(text)
    .replace(/([$%])\{(?!TfToken\[)/g, "$1$1{")
    .replace(/\$\{TfToken\[[^\]]+\]\}/g, withinQuotes);
}

/** A string's JSON without the quotes around it. */
function withinQuotes(token: string): string {
  return Fn.replace(Fn.jsonencode(Fn.tostring(token)), "/^.|.$/", "");
}
