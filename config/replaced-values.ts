import { isDeepStrictEqual } from "node:util";
import { shown } from "../lib/private/shown";
import { nameList } from "../lib/private/text";
import { placesOf, valueAt } from "./expand";
import type { ReadMesh } from "./load-mesh";
import { type Path, pathText } from "./mesh-file-error";
import { isMapping, list, mapping, type Raw } from "./mesh-text";

/** Enough to see what kind of values they are. */
const SHOWN = 6;

/** A Helm value that does not reach a cluster, since what is more special says another. */
interface Replaced {
  readonly cluster: string;
  readonly value: string;
}

/** Which Helm values do not reach a cluster they are written for, in one line; undefined where all do. Never a value itself. */
export function replacedValues({
  document,
  written,
}: Pick<ReadMesh, "document" | "written">): string | undefined {
  const clustersOf = new Map<string, Set<string>>();
  for (const { cluster, value } of replaced(document, written)) {
    clustersOf.set(value, (clustersOf.get(value) ?? new Set()).add(cluster));
  }
  const texts = [...clustersOf].map(([value, clusters]) => `${value} (${nameList([...clusters], 3)})`);
  if (texts.length === 0) return undefined;
  return shown(`Helm values replaced: ${nameList(texts, SHOWN)}`);
}

function replaced(document: Raw, written: Raw): Replaced[] {
  return list(document.clusters).flatMap((cluster, index) =>
    valuesPaths(cluster).flatMap((path) =>
      replacedBelow(document, written, ["clusters", index, ...path]).map((place) => ({
        cluster: `${cluster.name}`,
        value: pathText(place),
      })),
    ),
  );
}

/** Where a cluster has values for a chart. */
function valuesPaths({ istio, gateways }: Raw): Path[] {
  const { revisions } = mapping(istio);
  return [
    ...(isMapping(revisions)
      ? Object.keys(revisions).map((name) => ["istio", "revisions", name])
      : [["istio"]]),
    ["injector"],
    ...Object.keys(mapping(gateways)).map((name) => ["gateways", name]),
  ].map((path) => [...path, "values"]);
}

/** The places of values that are replaced, each as it is written. */
function replacedBelow(document: Raw, written: Raw, path: Path): Path[] {
  const [last, ...below] = placesOf(document, path)
    .map((place) => ({ place, value: valueAt(written, place) }))
    .reverse();
  const first = below.findIndex(
    ({ value }) => !(isMapping(value) && isMapping(last!.value)) && !isDeepStrictEqual(value, last!.value),
  );
  // A map below one that is replaced does not reach the map above it.
  const lost = first < 0 ? [] : below.slice(first);
  const places = lost
    .filter(({ value }) => !isDeepStrictEqual(value, last!.value))
    .map(({ place }) => place)
    // Within the mesh-wide part, a revision is free to differ from what all have in common.
    .filter((place) => !isMeshWide(place) || !isMeshWide(last!.place));
  const value = valueAt(document, path);
  const keys = isMapping(value) ? Object.keys(value) : [];
  return [...places, ...keys.flatMap((key) => replacedBelow(document, written, [...path, key]))];
}

function isMeshWide([section]: Path): boolean {
  return section !== "clusters" && section !== "groups";
}
