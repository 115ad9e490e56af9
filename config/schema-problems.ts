import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Finding } from "../lib/rules";
import { freeFormKey, valueAt, writtenAt } from "./expand";
import type { Found } from "./found";
import { type Path, type Problem, pathText } from "./mesh-file-error";
import type { Raw } from "./mesh-text";
import { rules } from "./rules";
import { expandedMesh } from "./schema";

type Issue = z.core.$ZodIssue;

/**
 * The schema's issues with an expanded mesh.yaml, as problems of the file.
 *
 * @param document the expanded mesh.yaml
 * @param written the file itself
 */
export function schemaProblems(issues: readonly Issue[], document: Raw, written: Raw): Problem[] {
  const placeOf = (path: Path) => pathText(writtenAt(document, path));
  const wrong = new Set(issues.flatMap(({ code, path }) => (code === "invalid_type" ? placeOf(path) : [])));
  const misspelt = new Set(issues.flatMap(unknownKeys).map(({ meant }) => pathText(meant)));
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return unknownKeys(issue).map(({ path, suggestion }) => ({
        path: placeOf(path),
        finding: isCustom(path) ? rules.customKey() : rules.unknownKey(suggestion),
      }));
    }
    const place = writtenAt(document, issue.path);
    const finding = findingOf(issue, valueAt(written, place));
    // What is misspelt is not missing as well, nor is what belongs to a section that is not there.
    const isSaid =
      [issue.path, place].some((path) => misspelt.has(pathText(path))) ||
      wrong.has(pathText(place.slice(0, -1)));
    return finding.rule === rules.keyMissing.id && isSaid ? [] : [{ path: pathText(place), finding }];
  });
}

/** The unknown keys, each with the known one that may have been intended. */
function unknownKeys(issue: Issue) {
  if (issue.code !== "unrecognized_keys") return [];
  const known = nodesAt(issue.path).flatMap((node) => Object.keys(node.properties ?? {}));
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const intended = isCustom(path)
      ? undefined
      : (oneLevelBelow(issue.path, key, known) ?? nearest(key, known));
    return {
      path,
      suggestion: intended && pathText(intended),
      meant: intended === undefined ? [] : [...issue.path, ...intended],
    };
  });
}

/** Whether it is a key as other programs leave out, a place for what is shared. */
function isCustom(path: Path): boolean {
  return path.length === 1 && `${path[0] as string}`.startsWith("x-");
}

/** @param received the value as it is written: expanded, a file's name is another */
function findingOf(issue: Exclude<Issue, { code: "unrecognized_keys" }>, received: unknown): Finding {
  switch (issue.code) {
    case "custom": {
      const { finding } = issue.params as Found;
      return typeof finding === "function" ? finding(`${received}`) : finding;
    }
    case "invalid_type":
      return received === undefined
        ? rules.keyMissing(meaning(issue.path) ?? typeText(issue.expected))
        : rules.wrongType(
            freeFormKey(issue.path) === undefined ? shown(received) : "of another type",
            formOf(issue, received),
          );
    case "invalid_value":
      return received === undefined
        ? rules.keyMissing(meaning(issue.path) ?? issue.values.map(String).join(" or "))
        : rules.notOneOf(shown(received), issue.values.map(String));
    case "invalid_union": {
      // The variant that is the default names undefined as well.
      const options = "options" in issue ? (issue.options as unknown[]) : [];
      const known = options.filter((option) => option !== undefined).map(String);
      return received === undefined
        ? rules.keyMissing(known.join(" or "))
        : rules.notOneOf(shown(received), known);
    }
    case "too_small":
      return rules.wrongType(
        shown(received),
        issue.origin === "number" || issue.origin === "int"
          ? `a whole number of at least ${issue.minimum}`
          : issue.origin === "array"
            ? "a list of at least one"
            : "a non-empty string",
      );
    default:
      return rules.wrongType(shown(received), issue.message);
  }
}

/** A value as a message may show it. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return `"${value}"`;
  if (value === null) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "a mapping" : String(value);
}

/** What to write, as the schema says it; else of which type. */
function formOf({ expected, message }: z.core.$ZodIssueInvalidType, received: unknown): string {
  if (!message.startsWith("Invalid input")) return message;
  const isUnquoted = expected === "string" && ["number", "boolean"].includes(typeof received);
  return isUnquoted ? "it between quotes, as a string" : typeText(expected);
}

function typeText(expected: string): string {
  const texts: Record<string, string> = {
    string: "a string",
    int: "a whole number",
    number: "a number",
    boolean: "true or false",
    array: "a list",
    object: "a mapping",
    record: "a mapping",
  };
  return texts[expected] ?? expected;
}

/** The very key in a section that stands beside it: indented too little, or without the section. */
function oneLevelBelow(path: Path, key: string, sections: readonly string[]): string[] | undefined {
  const knows = (section: string) =>
    nodesAt([...path, section]).some(({ properties = {} }) => Object.hasOwn(properties, key));
  const section = sections.find(knows);
  return section === undefined ? undefined : [section, key];
}

function nearest(key: string, known: readonly string[]): string[] | undefined {
  // Another variant of the mapping may know the very key.
  const others = known.filter((other) => other !== key);
  if (others.length === 0) return undefined;
  const candidate = closest(key, others);
  // Beyond a third of its letters it is another word, not a slip.
  return distance(key, candidate) <= Math.ceil(key.length / 3) ? [candidate] : undefined;
}

/** The part of a JSON schema that tells which keys there are. */
interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a mapping whose keys are free. */
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

let jsonSchema: SchemaNode | undefined;

/** The parts of the schema that describe what stands at `path`. */
function nodesAt(path: Path): SchemaNode[] {
  jsonSchema ??= z.toJSONSchema(expandedMesh, { io: "input" }) as SchemaNode;
  const variants = (node: SchemaNode): readonly SchemaNode[] => node.oneOf ?? [node];
  let nodes = [jsonSchema];
  for (const key of path) {
    nodes = nodes
      .flatMap(variants)
      .map((node) =>
        typeof key === "number" ? node.items : (node.properties?.[String(key)] ?? node.additionalProperties),
      )
      .filter((node) => typeof node === "object");
  }
  return nodes.flatMap((node) => [node, ...variants(node)]);
}

/** What a key is for, as its description says. */
function meaning(path: Path): string | undefined {
  const description = nodesAt(path).find((node) => node.description)?.description;
  return description?.replace(/\.$/, "");
}
