import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import type { Finding } from "../lib/rules";
import { rules } from "./rules";

/** Enough for some thousand clusters that share an anchor. */
const MAX_ALIASES = 100_000;

/** Far more than a mesh needs, far less than what would exhaust the stack. */
const MAX_LEVELS = 100;

export type Raw = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, or an empty mapping where it is none: that is said elsewhere. */
export function mapping(value: unknown): Raw {
  return isMapping(value) ? value : {};
}

/** The mappings of a list; none where it is no list. */
export function list(value: unknown): Raw[] {
  return Array.isArray(value) ? value.map(mapping) : [];
}

/** The mapping in a mesh.yaml, or why it is none. */
export function readMapping(text: string): Raw | Finding[] {
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, resolveKnownTags: false });
    if (document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) return [tooDeep()];
    const errors = syntaxErrors(document);
    // What follows from a line that does not fit is no mistake of its own.
    const mistakes = errors.length > 0 ? errors : keysThatAreNotStrings(document, lines);
    if (mistakes.length > 0) return mistakes.map((mistake) => rules.notYaml(mistake));
    const merges = mergeKeys(document, lines);
    if (merges.length > 0) return merges.map((line) => rules.mergeKey(line));
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (value === null) return [rules.notYaml("the file is empty")];
    if (!isMapping(value)) return [rules.notYaml("the file is not a mapping of keys to values")];
    return isDeeperThan(MAX_LEVELS, value) ? [tooDeep()] : value;
  } catch (error) {
    if (error instanceof RangeError) return [tooDeep()];
    // An alias without an anchor, or aliases of aliases that would never end.
    if (error instanceof ReferenceError) return [rules.notYaml(error.message)];
    throw error;
  }
}

/** The parser's first error, which often causes the others; where lines fit together, every key that stands twice. */
function syntaxErrors({ errors, warnings }: Document.Parsed): string[] {
  const first = errors.find(({ code }) => code !== "DUPLICATE_KEY");
  // The parser would ignore a tag that it does not know, and with it what was intended.
  return (first ? [first] : [...errors, ...warnings.slice(0, 1)]).map(syntaxError);
}

const INDENTATION = "check the indentation there, and that each key is followed by a colon and a space";

/** What to do about errors whose own words speak to programmers. */
const INSTEAD: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  TAB_AS_INDENT: "write spaces",
  BAD_INDENT: INDENTATION,
  BLOCK_AS_IMPLICIT_KEY: INDENTATION,
  MULTILINE_IMPLICIT_KEY: INDENTATION,
};

/** The parser's words with line and column, without the text of the file: that may be a secret's. */
function syntaxError({ code, message, linePos }: YAMLError): string {
  const line = linePos?.[0].line;
  if (code === "MULTIPLE_DOCS") return `a second document begins at line ${line}; leave one of them`;
  if (code === "DUPLICATE_KEY")
    return `a key stands in its mapping for the second time at line ${line}; leave one of them, or begin another list item with "- "`;
  const words = message.split(":\n")[0].replace(/: ".*" at line/s, " at line");
  const instead = INSTEAD[code];
  return instead === undefined ? words : `${words}; ${instead}`;
}

/** The parser would turn a list into a string, and print a warning. */
function keysThatAreNotStrings(document: Document.Parsed, lines: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Pair(_index, { key }) {
      if (isScalar(key)) return;
      const { range } = key as { range?: [number] };
      found.push(
        `a key is not a string at line ${lines.linePos(range?.[0] ?? 0).line}; write a name and a colon`,
      );
    },
  });
  return found;
}

/** The lines of keys that YAML 1.1 would take for another mapping's keys; between quotes it is a key like others. */
function mergeKeys(document: Document.Parsed, lines: LineCounter): number[] {
  const found: number[] = [];
  visit(document, {
    Pair(_index, { key }) {
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN")
        found.push(lines.linePos(key.range?.[0] ?? 0).line);
    },
  });
  return found;
}

/** Whether a value has more levels; one that holds itself has. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((below) => isDeeperThan(levels - 1, below));
}

function tooDeep(): Finding {
  return rules.notYaml(
    `the file is nested more than ${MAX_LEVELS} levels deep, or an alias stands within what it refers to`,
  );
}
