import { shown } from "../../lib/private/shown";

/** Markup that is ready: it is not escaped again. Only {@link html} makes it. */
export class Html {
  constructor(public readonly markup: string) {}
}

/** What a template takes; undefined and false leave nothing. */
export type Part = string | number | undefined | false | Html | readonly Part[];

/**
 * Markup from a template. Every value in it that is no markup itself is shown without secrets, as any message is, and
 * escaped, in the text of an element as in an attribute between quotes.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((before, text, index) => `${before}${markupOf(parts[index - 1])}${text}`));
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(markupOf).join("");
  return escaped(shown(`${part}`));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}
