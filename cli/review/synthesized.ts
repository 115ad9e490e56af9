import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { overlay } from "../../lib/private/helm-values";

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

  /**
   * @param files every file of the stack by its path within it; `cdk.tf.json` is the stack itself. None
   * names the directory it was made in, or two checkouts would differ everywhere.
   */
  constructor(
    public readonly name: string,
    public readonly files: ReadonlyMap<string, string>,
  ) {
    this.json = JSON.parse(files.get("cdk.tf.json") ?? "{}");
    this.resources = Object.entries(mapping(this.json.resource)).flatMap(([type, byId]) =>
      Object.entries(mapping(byId)).map(([id, value]) => {
        const { "//": comment, ...attributes } = mapping(value);
        const path = mapping(mapping(comment).metadata).path;
        return { stack: this, type, id, path: typeof path === "string" ? path : `${type}.${id}`, attributes };
      }),
    );
  }

  public ofType(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
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

/** The stacks a program synthesized, by name. `directory` is where the program ran. */
export function readStacks(outdir: string, directory: string): Map<string, SynthesizedStack> {
  const stacks = join(outdir, "stacks");
  return new Map(
    readdirSync(stacks)
      .filter((name) => statSync(join(stacks, name)).isDirectory())
      .map((name) => {
        const files = readdirSync(join(stacks, name), { recursive: true, encoding: "utf8" })
          .filter((file) => statSync(join(stacks, name, file)).isFile())
          .map((file) => [file, readFileSync(join(stacks, name, file), "utf8").replaceAll(directory, ".")]);
        return [name, new SynthesizedStack(name, new Map(files as [string, string][]))];
      }),
  );
}

/** The values of a Helm release, later ones over earlier ones; those of a chart's own are not known. */
export function helmValues({ attributes }: Resource): Json {
  const texts: unknown[] = Array.isArray(attributes.values) ? attributes.values : [];
  return texts.map(readValues).reduce<Json>(overlay, {});
}

/** The chart of a release, whether it comes from a repository or a directory. */
export function chartOf({ attributes }: Resource): string {
  return basename(`${attributes.chart ?? ""}`);
}

/** YAML; what this project writes is JSON, which is read far faster as such. */
function readValues(text: unknown): Json {
  for (const read of [JSON.parse, (yaml: string) => parse(yaml)]) {
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

/** What stands at a path of keys; undefined where nothing does. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((part, key) => mapping(part)[key], value);
}

/** The texts of a list, or the one text; none for anything else. */
export function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
