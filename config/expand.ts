import { resolve } from "node:path";
import { istiod } from "./istio-schema";
import type { Path } from "./mesh-file-error";
import { isMapping, mapping, type Raw } from "./mesh-text";

/** Keys whose contents are free: nothing in them is a path, and any of it may be secret. */
const FREE_FORM: readonly PropertyKey[] = ["values", "configuration", "env", "args"];

/** Mappings whose keys are names that people choose, which may be those too. */
const NAMED: readonly (PropertyKey | undefined)[] = ["groups", "gateways", "revisions"];

/** The key whose contents are free that a path is at or below; undefined where there is none. */
export function freeFormKey(path: Path): PropertyKey | undefined {
  return path.find((key, index) => FREE_FORM.includes(key) && !NAMED.includes(path[index - 1]));
}

/** What speaks of a cluster: from the most general, which is the whole mesh, to the cluster itself. */
interface Layer {
  readonly at: Path;
  readonly keys: Raw;
}

/** What a cluster takes from the layers below its own, and how they are laid over each other. */
const INHERITED: Readonly<Record<string, (layers: readonly Layer[]) => Raw>> = {
  createNamespaces: merged,
  helmTimeout: merged,
  trust: merged,
  leafGeneration: merged,
  leafLifetime: merged,
  maxLeafLifetime: merged,
  intermediates: merged,
  vaultAuth: (layers) => merged(ofOneMethod(layers)),
  istio,
  injector: merged,
  agent: merged,
  gateways,
};

/** Where the keys of a mapping that was made here are written: at each place, the one that counts last. */
const origins = new WeakMap<object, (key: PropertyKey) => readonly Path[]>();

/**
 * A mesh.yaml in full: every cluster holds all that is said of it, mesh-wide, of its groups or by itself; file
 * names are absolute. What has another type than it should stands as it is written.
 *
 * @param directory what file names are relative to
 */
export function expand(written: Raw, directory: string): Raw {
  const mesh = withAbsolutePaths(written, directory) as Raw;
  if (!Array.isArray(mesh.clusters)) return mesh;
  // An emergency is the whole mesh's, and nothing a cluster takes.
  const { emergency: _, ...trust } = mapping(mesh.trust);
  const meshWide = { at: [], keys: isMapping(mesh.trust) ? { ...mesh, trust } : mesh };
  const clusters = mesh.clusters.map((own: unknown, index) =>
    isMapping(own)
      ? cluster([meshWide, ...groupsOf(own, mesh), { at: ["clusters", index], keys: own }])
      : own,
  );
  return { ...mesh, clusters };
}

/** Where a value of an expanded document is written; of one that is written nowhere, where it should be. */
export function writtenAt(document: Raw, path: Path): Path {
  return placesOf(document, path).at(-1)!;
}

/** Every place that says a value of an expanded document, from the most general to the one that counts. */
export function placesOf(document: Raw, path: Path): readonly Path[] {
  let holder: unknown = document;
  let places: readonly Path[] = [[]];
  for (const key of path) {
    const origin = isMapping(holder) ? origins.get(holder) : undefined;
    places = origin ? origin(key) : [[...places.at(-1)!, key]];
    holder = valueAt(holder, [key]);
  }
  return places;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (holder, key) =>
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<PropertyKey, unknown>)[key]
        : undefined,
    document,
  );
}

/** The layers of the groups a cluster names, in its order; one that does not exist is said elsewhere. */
function groupsOf({ groups }: Raw, mesh: Raw): Layer[] {
  const all = mapping(mesh.groups);
  if (!Array.isArray(groups)) return [];
  return groups
    .filter((name) => typeof name === "string" && Object.hasOwn(all, name))
    .map((name) => ({ at: ["groups", name], keys: mapping(all[name]) }));
}

function cluster(layers: readonly Layer[]): Raw {
  const { at, keys } = layers.at(-1)!;
  const inherited = Object.entries(INHERITED).map(([key, lay]) => [key, laid(layers, key, lay)]);
  return placed(
    { ...keys, ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)) },
    (key) => (Object.hasOwn(INHERITED, key) ? placesIn(layers, key) : [[...at, key]]),
  );
}

/** The layers' mappings of this name, laid over each other; where the last of them is none, that value. */
function laid(layers: readonly Layer[], key: string, lay: (below: readonly Layer[]) => Raw): unknown {
  const top = layers.findLast(({ keys }) => Object.hasOwn(keys, key))?.keys[key];
  return isMapping(top)
    ? lay(layers.map(({ at, keys }) => ({ at: [...at, key], keys: mapping(keys[key]) })))
    : top;
}

function merged(layers: readonly Layer[]): Record<string, unknown> {
  let keysOfAll: Record<string, unknown> = {};
  for (const { keys } of layers) {
    // The two sources of charts exclude each other: a layer that names one leaves the one below.
    if ("chartRepository" in keys || "chartsDirectory" in keys) {
      delete keysOfAll.chartRepository;
      delete keysOfAll.chartsDirectory;
    }
    keysOfAll = { ...keysOfAll, ...keys };
  }
  if (isMapping(keysOfAll.values)) keysOfAll.values = laid(layers, "values", helmValues);
  return placed(keysOfAll, (key) => placesIn(layers, key));
}

/** Values as Helm lays several files over each other: maps key by key, all else replaced; null removes a default. */
function helmValues(layers: readonly Layer[]): Raw {
  const names = [...new Set(layers.flatMap(({ keys }) => Object.keys(keys)))];
  const all = names.map((name) => {
    const naming = layers.filter(({ keys }) => Object.hasOwn(keys, name));
    // A map begins again above what is none.
    const last = naming.findLastIndex(({ keys }) => !isMapping(keys[name]));
    return [name, laid(last === naming.length - 1 ? naming : naming.slice(last + 1), name, helmValues)];
  });
  return placed(Object.fromEntries(all), (key) => placesIn(layers, key));
}

/** Another login method shares no key with the one below it. */
function ofOneMethod(layers: readonly Layer[]): readonly Layer[] {
  let method: unknown = "kubernetes";
  let kept: readonly Layer[] = [];
  for (const layer of layers) {
    const isOther = layer.keys.method !== undefined && layer.keys.method !== method;
    kept = isOther ? [layer] : [...kept, layer];
    method = layer.keys.method ?? method;
  }
  return kept;
}

/** The section; where it lists revisions, each with the section's keys under its own. */
function istio(layers: readonly Layer[]): Raw {
  const section = merged(layers);
  if (!isMapping(section.revisions)) return section;
  const at = placesIn(layers, "revisions").at(-1)!;
  const shared = layers.map((layer) => ({
    at: layer.at,
    keys: Object.fromEntries(Object.entries(layer.keys).filter(([key]) => Object.hasOwn(istiod.shape, key))),
  }));
  const revisions = Object.entries(section.revisions).map(([name, own]) => [
    name,
    isMapping(own) ? merged([...shared, { at: [...at, name], keys: own }]) : own,
  ]);
  section.revisions = placed(Object.fromEntries(revisions), (name) => [[...at, name]]);
  return section;
}

/** Gateway by gateway, each by the layers that name it. */
function gateways(layers: readonly Layer[]): Raw {
  const naming = (name: PropertyKey) => layers.filter(({ keys }) => Object.hasOwn(keys, name));
  const names = [...new Set(layers.flatMap(({ keys }) => Object.keys(keys)))];
  const all = Object.fromEntries(names.map((name) => [name, laid(naming(name), name, merged)]));
  // A gateway stands where it is named first, whatever a later layer says of it.
  return placed(all, (name) =>
    isMapping(all[name as string]) ? [[...naming(name)[0].at, name]] : placesIn(layers, name),
  );
}

function placed<T extends Raw>(made: T, origin: (key: PropertyKey) => readonly Path[]): T {
  origins.set(made, origin);
  return made;
}

/** Where a key is written: in each layer that has it; where none has, it belongs to the first. */
function placesIn(layers: readonly Layer[], key: PropertyKey): readonly Path[] {
  const naming = layers.filter(({ keys }) => Object.hasOwn(keys, key));
  return (naming.length > 0 ? naming : layers.slice(0, 1)).map(({ at }) => [...at, key]);
}

/** The value with the file names in it made absolute; one in one's home is left to Terraform, which finds it. */
function withAbsolutePaths(value: unknown, directory: string, path: Path = []): unknown {
  if (typeof value === "string") {
    const key = String(path.at(-1));
    const isPath = /File$|^chartsDirectory$/.test(key) || (key === "file" && !value.startsWith("~/"));
    return isPath && value !== "" ? resolve(directory, value) : value;
  }
  if (freeFormKey(path) !== undefined) return value;
  if (Array.isArray(value))
    return value.map((item, index) => withAbsolutePaths(item, directory, [...path, index]));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, below]) => [
      name,
      withAbsolutePaths(below, directory, [...path, name]),
    ]),
  );
}
