import { isDeepStrictEqual } from "node:util";
import { shown } from "../lib/private/shown";
import { nameList } from "../lib/private/text";
import { placesOf, valueAt } from "./expand";
import type { ReadMesh } from "./load-mesh";
import { type Path, pathText } from "./mesh-file-error";
import { isMapping, list, mapping, type Raw } from "./mesh-text";

/** Enough to see what kind of values they are. */
const SHOWN = 6;

/** A Helm value that a cluster, or a group of it, sets to another than what is more general. */
interface Replaced {
  readonly cluster: string;
  readonly value: string;
}

/** Which Helm values of the mesh clusters replace, in one line; undefined where none does. Never a value itself. */
export function replacedValues({
  document,
  written,
}: Pick<ReadMesh, "document" | "written">): string | undefined {
  const clustersOf = new Map<string, string[]>();
  for (const { cluster, value } of replaced(document, written)) {
    clustersOf.set(value, [...(clustersOf.get(value) ?? []), cluster]);
  }
  const texts = [...clustersOf].map(([value, clusters]) => `${value} (${nameList(clusters, 3)})`);
  if (texts.length === 0) return undefined;
  return shown(`mesh-wide Helm values replaced: ${nameList(texts, SHOWN)}`);
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

/** The places of values that a more special one replaces, each as it is written in the more general. */
function replacedBelow(document: Raw, written: Raw, path: Path): Path[] {
  const places = placesOf(document, path);
  // Within the mesh-wide part, a revision is free to differ from what all have in common.
  const isReplacing = ["clusters", "groups"].includes(String(places.at(-1)![0]));
  const [last, ...below] = places.map((place) => valueAt(written, place)).reverse();
  const overridden = below.findIndex(
    (value) => !(isMapping(value) && isMapping(last)) && !isDeepStrictEqual(value, last),
  );
  if (isReplacing && overridden >= 0) return [places.at(-2 - overridden)!];
  const value = valueAt(document, path);
  return isMapping(value)
    ? Object.keys(value).flatMap((key) => replacedBelow(document, written, [...path, key]))
    : [];
}
