import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { type Finding, rules } from "../lib/rules";
import type { Problem } from "./mesh-file-error";

type Issue = z.core.$ZodIssue;

/**
 * zod's issues as problems of the file. `parse` must have been called with `reportInput`.
 *
 * @param pathOf where in the file a path of the schema is
 */
export function schemaProblems(
  schema: z.ZodType,
  issues: readonly Issue[],
  pathOf = (path: readonly PropertyKey[]) => pathText("", path),
): Problem[] {
  const misspelt = new Set<string>();
  const problems = issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") {
      return [{ path: pathOf(issue.path), finding: findingOf(issue, schema) }];
    }
    const known = nodesAt(schema, issue.path).flatMap((node) => Object.keys(node.properties ?? {}));
    return issue.keys.map((key) => {
      const suggestion = nearest(key, known);
      if (suggestion !== undefined) misspelt.add(pathOf([...issue.path, suggestion]));
      return { path: pathOf([...issue.path, key]), finding: rules.unknownKey(suggestion) };
    });
  });
  // A misspelt key is not missing as well.
  return problems.filter(({ path, finding }) => finding.rule !== rules.keyMissing.id || !misspelt.has(path));
}

/** `clusters`, 1, `name` as `clusters[1].name`. */
export function pathText(prefix: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, prefix);
}

function findingOf(issue: Exclude<Issue, { code: "unrecognized_keys" }>, schema: z.ZodType): Finding {
  if (issue.code === "custom" && issue.params?.finding) return issue.params.finding as Finding;
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? rules.keyMissing(meaning(schema, issue.path) ?? typeText(issue.expected))
        : rules.wrongType(
            issue.path.some((key) => FREE_FORM.includes(key)) ? "of another type" : shown(issue.input),
            typeText(issue.expected),
          );
    case "invalid_value":
      return issue.input === undefined
        ? rules.keyMissing(meaning(schema, issue.path) ?? issue.values.map(String).join(" or "))
        : rules.notOneOf(shown(issue.input), issue.values.map(String));
    case "invalid_union": {
      // The variant that is the default names undefined as well.
      const options = "options" in issue ? (issue.options as unknown[]) : [];
      const known = options.filter((option) => option !== undefined).map(String);
      const received =
        "discriminator" in issue ? field(issue.input, issue.discriminator as string) : issue.input;
      return received === undefined
        ? rules.keyMissing(known.join(" or "))
        : rules.notOneOf(shown(received), known);
    }
    case "too_small":
      return rules.wrongType(
        shown(issue.input),
        issue.origin === "number" || issue.origin === "int"
          ? `a whole number of at least ${issue.minimum}`
          : issue.origin === "array"
            ? "a list of at least one"
            : "a text that is not empty",
      );
    default:
      return rules.wrongType(shown(issue.input), issue.message);
  }
}

/** What people put there may be secret, and no pattern would tell. */
const FREE_FORM: readonly PropertyKey[] = ["values", "configuration", "env", "args"];

function field(input: unknown, key: string): unknown {
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>)[key] : input;
}

/** A value as a message may show it. */
function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (value === null) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "a mapping" : String(value);
}

function typeText(expected: string): string {
  const texts: Record<string, string> = {
    string: "a text",
    int: "a whole number",
    number: "a number",
    boolean: "true or false",
    array: "a list",
    object: "a mapping",
    record: "a mapping",
  };
  return texts[expected] ?? expected;
}

function nearest(key: string, known: readonly string[]): string | undefined {
  // Another variant of the mapping may know the very key.
  const others = known.filter((other) => other !== key);
  if (others.length === 0) return undefined;
  const candidate = closest(key, others);
  // Beyond a third of its letters it is another word, not a slip.
  return distance(key, candidate) <= Math.ceil(key.length / 3) ? candidate : undefined;
}

/** The part of a JSON schema that tells which keys there are. */
interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a mapping by names of one's own. */
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
}

const jsonSchemas = new WeakMap<z.ZodType, SchemaNode>();

function jsonSchema(schema: z.ZodType): SchemaNode {
  const known = jsonSchemas.get(schema) ?? (z.toJSONSchema(schema, { io: "input" }) as SchemaNode);
  jsonSchemas.set(schema, known);
  return known;
}

/** The parts of the schema that describe what stands at `path`. */
function nodesAt(schema: z.ZodType, path: readonly PropertyKey[]): SchemaNode[] {
  const variants = (node: SchemaNode): readonly SchemaNode[] => node.oneOf ?? [node];
  let nodes: SchemaNode[] = [jsonSchema(schema)];
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
function meaning(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  const description = nodesAt(schema, path).find((node) => node.description)?.description;
  return description?.replace(/\.$/, "");
}
