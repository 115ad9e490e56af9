import { basename } from "node:path";
import { parse } from "yaml";
import { parsedJson } from "../command-line/text";
import { overlay } from "../../lib/private/helm-values";
import { repeatedKeys } from "./json-text";
import { groupBy } from "../../lib/private/group-by";
import { formFaults } from "./stack-form";

type Json = Readonly<Record<string, unknown>>;

/** A resource of a synthesized stack. */
export interface Resource {
  readonly stack: SynthesizedStack;
  readonly type: string;
  readonly id: string;
  /** Where its construct stands, or its address where it has none. */
  readonly path: string;
  readonly attributes: Json;
}

/** What Terraform would be given for one stack. */
export class SynthesizedStack {
  public readonly json: Json;
  public readonly resources: readonly Resource[];
  /** Where Terraform could read something else than this. */
  public readonly faults: readonly string[];
  private readonly byType: ReadonlyMap<string, readonly Resource[]>;
  private readonly byCluster: ReadonlyMap<string, readonly Resource[]>;

  /**
   * @param files every file of the stack by its path within it; `cdk.tf.json` is the stack itself. None
   * names the directory it was made in, or two checkouts would differ everywhere.
   */
  constructor(
    public readonly name: string,
    public readonly files: ReadonlyMap<string, string>,
  ) {
    const text = files.get(CONFIGURATION) ?? "{}";
    const json = parsedJson(text);
    this.json = mapping(json);
    const faults = [
      ...(typeof json === "object" ? [] : ["its configuration is no JSON"]),
      ...[...files.keys()]
        .filter(isReadBeside)
        .map((file) => `there is the file ${file} beside its configuration`),
      ...repeatedKeys(text).map((path) => `the key ${path} is there twice`),
      ...formFaults(this.json),
    ];
    this.resources = Object.entries(mapping(this.json.resource)).flatMap(([type, byId]) =>
      Object.entries(mapping(byId)).map(([id, value]) => {
        const { "//": comment, ...attributes } = mapping(value);
        const path = mapping(mapping(comment).metadata).path;
        return { stack: this, type, id, path: typeof path === "string" ? path : `${type}.${id}`, attributes };
      }),
    );
    this.faults = [...faults, ...sharedPlaces(this.resources)];
    this.byType = groupBy(this.resources, ({ type }) => type);
    this.byCluster = groupBy(this.resources, ({ type, path }) => `${type} ${path.split("/")[1]}`);
  }

  public ofType(type: string): readonly Resource[] {
    return this.byType.get(type) ?? [];
  }

  /** Those of a type that stand in one cluster's part of the tree. */
  public ofCluster(type: string, cluster: string): readonly Resource[] {
    return this.byCluster.get(`${type} ${cluster}`) ?? [];
  }

  /** Where the construct of a resource stands; undefined where there is no such resource. */
  public pathOf(type: string, id: string): string | undefined {
    const resource = mapping(mapping(this.json.resource)[type])[id];
    const path = at(resource, "//", "metadata", "path");
    return typeof path === "string" ? path : undefined;
  }

  /** A value with each reference to an attribute that the stack itself states replaced by that. */
  public resolve(value: unknown, depth = 0): unknown {
    if (typeof value === "string" && depth < 8) {
      return value.replace(/\$\{(\w+)\.([\w-]+)\.(\w+)\}/g, (reference, type, id, attribute) => {
        const stated = mapping(mapping(mapping(this.json.resource)[type])[id])[attribute];
        return typeof stated === "string" ? `${this.resolve(stated, depth + 1)}` : reference;
      });
    }
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, depth));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item, depth)]));
  }
}

/** A resource's place says what it is for, so no other may claim it. */
function sharedPlaces(resources: readonly Resource[]): string[] {
  const seen = new Set<string>();
  return resources.flatMap(({ type, path }) => {
    const place = `${type} at ${path}`;
    if (seen.has(place)) return [`there is a second ${place}`];
    seen.add(place);
    return [];
  });
}

/** Where cdktf writes a stack's configuration. */
export const CONFIGURATION = "cdk.tf.json";

/** Whether Terraform, or a program it runs, would look at a file though no configuration names it. */
function isReadBeside(file: string): boolean {
  return file !== CONFIGURATION && !file.startsWith("assets/");
}

const readBefore = new WeakMap<Json, Json>();

/** The values of a Helm release, later ones over earlier ones; those of a chart's own are not known. */
export function helmValues({ attributes }: Pick<Resource, "attributes">): Json {
  const known = readBefore.get(attributes);
  if (known) return known;
  const values = valueTexts(attributes).map(readValues).reduce<Json>(overlay, {});
  readBefore.set(attributes, values);
  return values;
}

/** Whether all values of a release are written out, so that nothing is left for Terraform to fill in. */
export function hasPlainValues({ attributes }: Pick<Resource, "attributes">): boolean {
  return valueTexts(attributes).every(
    (text) => typeof text === "string" && !/(?<!\$)\$\{|(?<!%)%\{/.test(text) && isReadable(text),
  );
}

function valueTexts({ values }: Json): unknown[] {
  return Array.isArray(values) ? values : values === undefined ? [] : [values];
}

/** The parser would otherwise print what it finds odd, with the text around it. */
const QUIET = { logLevel: "error" } as const;

function isReadable(text: string): boolean {
  try {
    const read: unknown = text.startsWith("{") ? JSON.parse(text) : parse(text, QUIET);
    return typeof read === "object" && !Array.isArray(read);
  } catch {
    return false;
  }
}

/** The chart of a release; a copy beside the stack says its own name. */
export function chartOf({ attributes, stack }: Pick<Resource, "attributes" | "stack">): string {
  const chart = `${attributes.chart ?? ""}`.replace(/\/$/, "");
  const own = /^name:\s*["']?([\w-]+)/m.exec(stack.files.get(`${chart}/Chart.yaml`) ?? "")?.[1];
  return own ?? basename(chart);
}

/** YAML; what this project writes is JSON, which is read far faster as such. */
function readValues(text: unknown): Json {
  for (const read of [JSON.parse, (yaml: string) => parse(yaml, QUIET)]) {
    try {
      return mapping(read(`${text}`));
    } catch {
      // The next one reads it, or nobody can.
    }
  }
  return {};
}

export function mapping(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** What a table says of a key; keys come from files, and every object has a few of its own, such as "constructor". */
export function entryOf<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** What stands at a path of keys; undefined where nothing does. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((part, key) => mapping(part)[key], value);
}

/** What a stack configures a provider with; nothing where it is none, or has another form. */
export function providerOf({ json }: SynthesizedStack, name: string): Readonly<Record<string, unknown>> {
  const configured = at(json, "provider", name);
  return mapping(Array.isArray(configured) ? configured[0] : undefined);
}

/** The texts of a list, or the one text; none for anything else. */
export function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
