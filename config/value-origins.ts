import { valueAt, writtenAt } from "./expand";
import type { ReadMesh } from "./load-mesh";
import { withDerived } from "./mesh";
import { type Path, pathText } from "./mesh-file-error";
import { isMapping, mapping, type Raw } from "./mesh-text";

/** One value that a cluster ends up with. */
export interface ValueOrigin {
  /** Below the cluster, as mesh.yaml has it. */
  readonly path: Path;
  readonly value: unknown;
  /** Who says it. */
  readonly from: "cluster" | "mesh" | "default" | `group ${string}`;
  /** Where mesh.yaml says it; undefined for a default. */
  readonly writtenAt: string | undefined;
}

/** Every value of a cluster, in the order of the schema. @param index its position in mesh.yaml */
export function valueOrigins({ checked, document, written }: ReadMesh, index: number): ValueOrigin[] {
  const { groups: _, ...cluster } = withDerived(checked.clusters[index]!) as Raw;
  const { revisions, defaultRevision } = mapping(cluster.istio);
  // Beside revisions the section counts only as far as they have it.
  const counting = isMapping(revisions) ? { ...cluster, istio: { revisions, defaultRevision } } : cluster;
  return leaves(counting, []).map(({ path, value }) => {
    const place = writtenAt(document, ["clusters", index, ...path]);
    const said = valueAt(written, place);
    return said === undefined
      ? { path, value: plain(value), from: "default", writtenAt: undefined }
      : { path, value: said, from: sayer(place), writtenAt: pathText(place) };
  });
}

function sayer([section, name]: Path): ValueOrigin["from"] {
  if (section === "clusters") return "cluster";
  return section === "groups" ? `group ${String(name)}` : "mesh";
}

function leaves(value: unknown, path: Path): { path: Path; value: unknown }[] {
  if (value === undefined) return [];
  const isBranch = isMapping(value) && Object.getPrototypeOf(value) === Object.prototype;
  if (!isBranch || isFile(value) || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leaves(below, [...path, key]));
}

/** A certificate that was read, of which only the file's name is written. */
function isFile(value: Raw): boolean {
  return typeof value.path === "string" && typeof value.pem === "string";
}

/** A default as one would write it: durations and algorithms are values of their own types by now. */
function plain(value: unknown): unknown {
  return isMapping(value) && Object.keys(value).length > 0 ? `${value as unknown as string}` : value;
}
