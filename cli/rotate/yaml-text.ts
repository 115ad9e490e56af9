import { isAlias, isCollection, isMap, isScalar, isSeq, type Node, parseDocument, stringify } from "yaml";
import type { YAMLMap, YAMLSeq } from "yaml";
import type { Path } from "../../config/mesh-file-error";
import { isMapping } from "../../config/mesh-text";

/** A value that cannot be changed by itself where it stands: it is an alias, or has a form of its own. */
export class NotEditable extends Error {}

type Placed<T = Node> = T & { readonly range: readonly [number, number, number] };

/** The text of a YAML file, in which single values are changed: every other character stays as it is. */
export class YamlText {
  constructor(public readonly text: string) {}

  /** A value changed; one that is not there yet is written as the last of its mapping, or after the key `after`. */
  public set(path: Path, value: unknown, after?: string): YamlText {
    const { node, depth } = this.deepest(path);
    if (depth === path.length) return this.replaced(path, node, value);
    const [key, ...below] = path.slice(depth);
    return this.added(node, `${String(key)}: ${flow(nested(below, value))}`, after);
  }

  /** One more value at the end of a list. */
  public append(path: Path, value: unknown): YamlText {
    const { node, depth } = this.deepest(path);
    if (depth < path.length) return this.set(path, [value]);
    if (!isSeq(node)) throw new NotEditable();
    return this.added(node, flow(value));
  }

  /** A key taken out of a block mapping, with its lines. */
  public remove(path: Path): YamlText {
    const { node, depth } = this.deepest(path.slice(0, -1));
    if (depth < path.length - 1 || !isMap(node) || node.flow) throw new NotEditable();
    const index = node.items.findIndex(({ key }) => isScalar(key) && key.value === path.at(-1));
    // The first may share its line with the dash of a list.
    if (index < 1) throw new NotEditable();
    const { key, value } = node.items[index];
    return this.without(key as Placed, value as Placed);
  }

  /** The node at a path, or the last on the way to it. */
  private deepest(path: Path): { readonly node: Placed; readonly depth: number } {
    let node = parseDocument(this.text).contents as Placed;
    for (const [depth, key] of path.entries()) {
      if (!isCollection(node)) throw new NotEditable();
      const below = node.get(key, true) as Placed | undefined;
      if (below === undefined) return { node, depth };
      if (isAlias(below)) throw new NotEditable();
      node = below;
    }
    return { node, depth: path.length };
  }

  private replaced(path: Path, node: Placed, value: unknown): YamlText {
    const isFlow = isCollection(node) && node.flow === true;
    if (isFlow || (isScalar(node) && !Array.isArray(value))) {
      return this.spliced(node.range[0], node.range[1], flow(value));
    }
    if (!isSeq(node) || !Array.isArray(value)) throw new NotEditable();
    if (value.length === 0) return this.remove(path);
    const items = node.items.map((item) => flow((item as Node).toJSON()));
    const values = value.map(flow);
    const gone = items.findIndex((item) => !values.includes(item));
    if (gone !== -1 && items.length > 1) {
      const item = node.items[gone] as Placed;
      return this.without(item, item).set(path, value);
    }
    if (items.some((item, index) => item !== values[index])) throw new NotEditable();
    return items.length < value.length ? this.append(path, value[items.length]).set(path, value) : this;
  }

  /** Written behind the last of a collection, in its own form. */
  private added(node: Placed, written: string, after?: string): YamlText {
    if (!isMap(node) && !isSeq(node)) throw new NotEditable();
    const items: readonly Placed[] = isMap(node)
      ? node.items.map(({ key, value }) => (value ?? key) as Placed)
      : (node.items as Placed[]);
    if (items.length === 0) throw new NotEditable();
    const place = isMap(node) ? node.items.findIndex(({ key }) => isScalar(key) && key.value === after) : -1;
    const before = items.at(place)!;
    if ((node as Placed<YAMLMap | YAMLSeq>).flow) {
      return this.spliced(before.range[1], before.range[1], `, ${written}`);
    }
    const start = node.range[0];
    const indent = " ".repeat(start - this.lineStart(start));
    const end = this.lineEnd(before);
    return this.spliced(end, end, `\n${indent}${isSeq(node) ? "- " : ""}${written}`);
  }

  private without(first: Placed, last: Placed): YamlText {
    const start = this.lineStart(first.range[0]);
    return this.spliced(start - 1, this.lineEnd(last), "");
  }

  private lineStart(offset: number): number {
    return this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  /** Of the last line of a node, with the comment behind it. */
  private lineEnd({ range }: Placed): number {
    const end = this.text.slice(0, range[1]).trimEnd().length;
    const line = this.text.indexOf("\n", end);
    return line === -1 ? this.text.length : line;
  }

  private spliced(from: number, to: number, by: string): YamlText {
    return new YamlText(this.text.slice(0, from) + by + this.text.slice(to));
  }
}

function nested(path: Path, value: unknown): unknown {
  return path.reduceRight((below, key) => ({ [String(key)]: below }), value);
}

/** A value on one line, as people write it. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isMapping(value)) return stringify(value, { lineWidth: 0 }).trim();
  const pairs = Object.entries(value).map(([key, below]) => `${flow(key)}: ${flow(below)}`);
  return `{ ${pairs.join(", ")} }`;
}
