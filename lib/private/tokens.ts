import { Fn, type IResolveContext, Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/**
 * Checks a value that decides what is synthesized: a version that is compared, a number that is
 * calculated with, a name that becomes an id.
 *
 * @throws ValidationError IV0130 if it is known only to Terraform
 */
export function requireKnown(key: string, value: unknown, scope?: IConstruct): void {
  if (Token.isUnresolved(value) || (Array.isArray(value) && value.some(Token.isUnresolved))) {
    throw new ValidationError(rules.valueNotKnown(key), scope);
  }
}

/**
 * Checks a list that is gone through: its entries may be references, the list itself may not.
 *
 * @throws ValidationError IV0130 if the list is known only to Terraform
 */
export function requireKnownList(key: string, list: unknown, scope?: IConstruct): void {
  if (Token.isUnresolved(list)) requireKnown(key, list, scope);
}

/** Two lists in one, either of which may be known only to Terraform. */
export function joined(one: readonly string[], other: readonly string[]): string[] {
  if (other.length === 0) return [...one];
  return Token.isUnresolved(one) ? Token.asList(Fn.concat([[...one], [...other]])) : [...one, ...other];
}

/**
 * A value as JSON that stays JSON whatever Terraform fills in, for use while a stack is synthesized: a
 * reference is encoded when its value is known, and a user's "${...}" and "%{...}" are never evaluated.
 */
export function jsonText(value: unknown, context: IResolveContext): string {
  if (typeof value === "string") return stringText(value, context);
  if (Token.isUnresolved(value)) return resolvedText(context.resolve(value));
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, context)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${jsonText(key, context)}:${jsonText(item, context)}`).join(",")}}`;
}

const TOKEN = /(\$\{TfToken\[[^\]]+\]\})/;

function stringText(text: string, context: IResolveContext): string {
  const parts = text.split(TOKEN).map((part, index) => {
    if (index % 2 === 0) return quoteless(part);
    const resolved: unknown = context.resolve(part);
    if (!isReference(resolved)) {
      return quoteless(typeof resolved === "string" ? resolved : JSON.stringify(resolved));
    }
    const json = `jsonencode(tostring(${expression(resolved)}))`;
    // The JSON of a string, without its quotes.
    return `\${substr(${json}, 1, length(${json}) - 2)}`;
  });
  return `"${parts.join("")}"`;
}

/** What a token stands for: a reference, or what a program has computed late. */
function resolvedText(resolved: unknown): string {
  return isReference(resolved) ? `\${jsonencode(${expression(resolved)})}` : JSON.stringify(resolved);
}

function isReference(resolved: unknown): resolved is string {
  return typeof resolved === "string" && resolved.includes("${");
}

/** "${x}" as what stands within an interpolation. */
function expression(reference: string): string {
  return /^\$\{([^{}"]+)\}$/.exec(reference)?.[1] ?? `"${reference}"`;
}

function quoteless(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/([$%])\{/g, "$1$1{");
}
