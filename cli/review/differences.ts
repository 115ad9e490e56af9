import { isDeepStrictEqual } from "node:util";
import type { Mesh } from "../../config/mesh";
import { clusterVaultStack } from "../../lib/names";
import { groupBy } from "../../lib/private/group-by";
import { type Names, Renaming } from "./renaming";
import {
  chartOf,
  CONFIGURATION,
  entryOf,
  hasPlainValues,
  helmValues,
  mapping,
  type Resource,
  type SynthesizedStack,
} from "./synthesized";

type Stacks = ReadonlyMap<string, SynthesizedStack>;
type Json = Readonly<Record<string, unknown>>;

/** One place of a stack that is not as it was. */
export interface Difference {
  readonly stack: string;
  /** From the top of the configuration; the values of a Helm release are part of it. */
  readonly path: readonly string[];
  /** Undefined where there was nothing. */
  readonly before: unknown;
  readonly after: unknown;
  /** The resource it is in, if it is in one; as it is, or as it was where it is gone. */
  readonly resource: Resource | undefined;
  /** Whether the resource, or the stack, is new; then `before` is what its like has elsewhere. */
  readonly isNew: boolean;
}

/** The clusters that are in the base, and those that are new. */
export interface Clusters {
  readonly known: readonly Names[];
  readonly added: readonly Names[];
}

export function clustersOf(base: Pick<Mesh, "clusters"> | undefined, head: Pick<Mesh, "clusters">): Clusters {
  const known = base?.clusters ?? [];
  const names = new Set(known.map(({ name }) => name));
  return { known, added: head.clusters.filter(({ name }) => !names.has(name)) };
}

/**
 * Every difference between two commits' stacks. Of a resource that a new cluster brings, the same of another
 * cluster stands for what was before, its cluster's name replaced: so that new clusters are as others are,
 * or are seen not to be.
 */
export function differencesOf(base: Stacks, head: Stacks, clusters: Clusters): Difference[] {
  const likes = new Likes(base, clusters);
  return [...new Set([...base.keys(), ...head.keys()])].flatMap((name) => {
    const [before, after] = [base.get(name), head.get(name)];
    if (before === after) return [];
    // What is no longer synthesized is no longer planned: nothing is done to what it made.
    if (!after)
      return [{ stack: name, path: [], before: {}, after: undefined, resource: undefined, isNew: false }];
    return [
      ...fileDifferences(name, before, after),
      ...blockDifferences(name, before, after, likes.stack(after)),
      ...resourceDifferences(name, before, after, likes),
    ];
  });
}

function fileDifferences(stack: string, before: SynthesizedStack | undefined, after: SynthesizedStack) {
  const files = new Set([...(before?.files.keys() ?? []), ...after.files.keys()]);
  files.delete(CONFIGURATION);
  return [...files]
    .map((file) => ({ file, was: before?.files.get(file), is: after.files.get(file) }))
    .filter(({ was, is }) => was !== is)
    .map(({ file, was, is }) => ({
      stack,
      path: ["files", file],
      before: was,
      after: is,
      resource: undefined,
      isNew: before === undefined,
    }));
}

/** Of all that is no resource. */
function blockDifferences(
  stack: string,
  before: SynthesizedStack | undefined,
  after: SynthesizedStack,
  like: Json | undefined,
): Difference[] {
  const withoutResources = ({ resource: _, "//": __, ...rest }: Json) => rest;
  const isNew = before === undefined;
  const was = withoutResources(before?.json ?? like ?? {});
  return walk([], was, withoutResources(after.json)).map((difference) => ({
    ...difference,
    stack,
    resource: undefined,
    isNew,
  }));
}

function resourceDifferences(
  stack: string,
  before: SynthesizedStack | undefined,
  after: SynthesizedStack,
  likes: Likes,
): Difference[] {
  const addressOf = ({ type, id }: Resource) => `${type}.${id}`;
  const was = new Map((before?.resources ?? []).map((resource) => [addressOf(resource), resource]));
  const found = after.resources.flatMap((resource): Difference[] => {
    const path = ["resource", resource.type, resource.id];
    const earlier = was.get(addressOf(resource));
    was.delete(addressOf(resource));
    if (earlier) {
      // By its place a resource is taken for what it is.
      if (earlier.path !== resource.path) {
        const [before, after] = [earlier.path, resource.path];
        return [{ stack, path: [...path, "//", "path"], before, after, resource, isNew: false }];
      }
      if (isDeepStrictEqual(earlier.attributes, resource.attributes)) return [];
      const places = walk(path, readable(earlier.attributes), readable(resource.attributes));
      const { values } = resource.attributes;
      const rewritten = [{ path: [...path, "values"], before: values, after: values }];
      return (places.length > 0 ? places : rewritten).map((place) => ({
        ...place,
        stack,
        resource,
        isNew: false,
      }));
    }
    const now = readable(named(resource));
    const like = likes.resource(resource, now) ?? likes.istiod(resource);
    if (!like) {
      const after = readable(resource.attributes);
      return [{ stack, path, before: undefined, after, resource, isNew: true }];
    }
    return walk(path, like, now).map((difference) => ({
      ...difference,
      stack,
      resource,
      isNew: true,
    }));
  });
  const gone = [...was.values()].map((resource) => ({
    stack,
    path: ["resource", resource.type, resource.id],
    before: resource.attributes,
    after: undefined,
    resource,
    isNew: false,
  }));
  return [...found, ...gone];
}

/** Whether another cluster's stack stands for what was before in this one, which a new cluster brings. */
export function hasLike(stack: string, base: Stacks, clusters: Clusters): boolean {
  return likeOf(stack, base, clusters) !== undefined;
}

/** What the stacks of new clusters would be if they were as another cluster's. */
export function likeStacks(base: Stacks, head: Stacks, clusters: Clusters): Map<string, Json> {
  const likes = new Likes(base, clusters);
  return new Map(
    clusters.added
      .flatMap(({ name, nameInVault }) => [name, clusterVaultStack(nameInVault)])
      .flatMap((name) => {
        const stack = head.get(name);
        const like = stack && likes.stack(stack);
        return like ? [[name, like] as const] : [];
      }),
  );
}

type Place = Pick<Difference, "path" | "before" | "after">;

/** Down to the keys that differ. A list is one value, but for that of a provider's blocks. */
function walk(path: readonly string[], before: unknown, after: unknown): Place[] {
  if (isDeepStrictEqual(before, after)) return [];
  const isProvider = path.length === 2 && path[0] === "provider";
  const [was, is] = [entriesOf(before, isProvider), entriesOf(after, isProvider)];
  if (!was || !is) return [{ path, before, after }];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) => {
    const here = [...path, key];
    // What is there on one side alone is gone through all the same: a rule may know a part of it.
    if (!(key in was) && mapped(is[key])) return walk(here, {}, is[key]);
    if (!(key in is) && mapped(was[key])) return walk(here, was[key], {});
    return walk(here, was[key], is[key]);
  });
}

function mapped(value: unknown): boolean {
  return Object.keys(mapping(value)).length > 0;
}

function entriesOf(value: unknown, isProvider: boolean): Json | undefined {
  if (Array.isArray(value)) return isProvider ? { ...value } : undefined;
  return typeof value === "object" && value !== null ? (value as Json) : undefined;
}

/** The attributes with a release's values read; where they are not all written out, as they stand. */
function readable(attributes: Json): Json {
  const { values } = attributes;
  return values !== undefined && hasPlainValues({ attributes })
    ? { ...attributes, values: helmValues({ attributes }) }
    : attributes;
}

/** What other clusters have, for new ones to be compared with. */
class Likes {
  private readonly byPath: ReadonlyMap<string, readonly Resource[]>;
  private readonly readBefore = new Map<Resource, Json>();

  constructor(
    private readonly base: Stacks,
    private readonly clusters: Clusters,
  ) {
    const all = [...base.values()].flatMap(({ resources }) => resources);
    this.byPath = groupBy(all, ({ type, path }) => `${type} ${path}`);
  }

  /** Of a stack that a new cluster brings, what is no resource. */
  public stack({ name, json }: SynthesizedStack): Json | undefined {
    const found = likeOf(name, this.base, this.clusters);
    if (!found) return undefined;
    const { like, cluster, stackOf, nameOf } = found;
    const { resource: _, ...rest } = this.base.get(stackOf(like))!.json;
    return new Renaming(like, cluster, nameOf).of(rest, json) as Json;
  }

  /** The attributes of an istiod beside which another revision comes up. */
  public istiod(resource: Resource): Json | undefined {
    const isIstiod = (one: Resource) => one.type === "helm_release" && chartOf(one) === "istiod";
    const like = isIstiod(resource)
      ? this.base.get(resource.stack.name)?.resources.find(isIstiod)
      : undefined;
    return like && this.read(like);
  }

  /** The attributes of the same resource of another cluster, as if they were this one's. */
  public resource(resource: Resource, now: Json): Json | undefined {
    const segments = resource.path.split("/");
    const cluster = this.clusters.added.find(
      ({ name, nameInVault }) => segments[0] === name || segments[1] === nameInVault,
    );
    if (cluster === undefined) return undefined;
    const isOwnStack = segments[0] === cluster.name;
    for (const other of this.clusters.known) {
      const others: Readonly<Record<string, string>> = isOwnStack
        ? { [cluster.name]: other.name }
        : { [cluster.nameInVault]: other.nameInVault, [vaultStackOf(cluster)]: vaultStackOf(other) };
      const path = segments.map((segment) => entryOf(others, segment) ?? segment).join("/");
      const [like] = this.byPath.get(`${resource.type} ${path}`) ?? [];
      if (like) {
        const { nameOf } = KINDS[isOwnStack ? 0 : 1];
        return new Renaming(other, cluster, nameOf).of(this.read(like), now) as Json;
      }
    }
    return undefined;
  }

  /** One cluster's resource stands for those of many. */
  private read(like: Resource): Json {
    const known = this.readBefore.get(like) ?? readable(named(like));
    this.readBefore.set(like, known);
    return known;
  }
}

const KINDS = [
  { stackOf: ({ name }: Names) => name, nameOf: ({ name }: Names) => name },
  { stackOf: vaultStackOf, nameOf: ({ nameInVault }: Names) => nameInVault },
];

/** The cluster that brings a stack, and another that has its like; undefined where there is none of either. */
function likeOf(stack: string, base: Stacks, { known, added }: Clusters) {
  for (const kind of KINDS) {
    const cluster = added.find((one) => kind.stackOf(one) === stack);
    const like = cluster && known.find((one) => base.has(kind.stackOf(one)));
    if (like) return { like, cluster, ...kind };
  }
  return undefined;
}

/** A resource's attributes with the ids of others replaced by their places, since an id ends in a hash. */
function named({ attributes, stack }: Resource): Json {
  const text = JSON.stringify(attributes).replace(/\b([a-z]\w*)\.([\w-]+)/g, (address, type, id) => {
    const path = stack.pathOf(type, id);
    return path === undefined ? address : `${type}.${path}`;
  });
  return JSON.parse(text);
}

function vaultStackOf({ nameInVault }: Names): string {
  return clusterVaultStack(nameInVault);
}
