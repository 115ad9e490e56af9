import { expand, valueAt, writtenAt } from "../../config/expand";
import type { ReadMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { type Path, pathText } from "../../config/mesh-file-error";
import { list, mapping, readMapping } from "../../config/mesh-text";
import { flow, NotEditable, YamlText } from "./yaml-text";

/** A value of mesh.yaml that has to be another. */
export interface Change {
  readonly path: Path;
  readonly value: unknown;
}

/** What of a cluster a step changes, and where it stands below a cluster. */
const CHANGED = [
  { path: ["trust", "bundle"], of: ({ trust }: Cluster) => trust.bundle },
  { path: ["trust", "signing"], of: ({ trust }: Cluster) => trust.signing },
  { path: ["leafGeneration"], of: ({ leafGeneration }: Cluster) => leafGeneration },
  {
    path: ["intermediates", "generation"],
    of: ({ intermediates }: Cluster) =>
      "generation" in intermediates ? intermediates.generation : undefined,
  },
] as const;

type Cluster = Mesh["clusters"][number];

/**
 * What has to be written for mesh.yaml to say what is wanted: where each value stands, be it the mesh's, a group's or a
 * cluster's, unless others that take it from there are to keep it.
 */
export function changesTo({ mesh, document }: ReadMesh, wanted: Mesh): Change[] {
  return [...changesOfClusters({ mesh, document }, wanted), ...changesOfRevocation(mesh, wanted)];
}

function changesOfRevocation(mesh: Mesh, wanted: Mesh): Change[] {
  const [is, value] = [mesh, wanted].map(({ revocation }) => revocation?.revoked ?? []);
  return flow(is) === flow(value) ? [] : [{ path: ["revocation", "revoked"], value }];
}

function changesOfClusters({ mesh, document }: Pick<ReadMesh, "mesh" | "document">, wanted: Mesh): Change[] {
  return CHANGED.flatMap(({ path, of }) => {
    const clusters = mesh.clusters.map((cluster, index) => ({
      place: writtenAt(document, ["clusters", index, ...path]),
      own: ["clusters", index, ...path],
      is: of(cluster),
      value: of(wanted.clusters[index]),
    }));
    const changed = clusters.filter(({ is, value }) => flow(is) !== flow(value));
    const changes = changed.map(({ place, own, value }): Change => {
      const sharing = clusters.filter((other) => pathText(other.place) === pathText(place));
      return { path: sharing.every((other) => flow(other.value) === flow(value)) ? place : own, value };
    });
    return [...new Map(changes.map((change) => [pathText(change.path), change])).values()];
  });
}

/** mesh.yaml with these changes, and these values at the end of lists; undefined where one has to be made by hand. */
export function edited(
  text: string,
  changes: readonly Change[],
  appended: readonly Change[],
): string | undefined {
  try {
    const longer = appended.reduce((yaml, { path, value }) => yaml.append(path, value), new YamlText(text));
    return withoutRepetitions(
      changes.reduce((yaml, { path, value }) => yaml.set(path, value, "trust"), longer),
    ).text;
  } catch (error) {
    if (error instanceof NotEditable) return undefined;
    throw error;
  }
}

/** A cluster that was the first to sign with a root says so no more, where all the others say it too. */
function withoutRepetitions(yaml: YamlText): YamlText {
  const clusters = list(mapping(readMapping(yaml.text)).clusters);
  return clusters.reduce((shorter: YamlText, { trust }, index) => {
    if (Object.keys(mapping(trust)).join() !== "signing") return shorter;
    try {
      const without = shorter.remove(["clusters", index, "trust"]);
      return trustIn(without, index) === trustIn(shorter, index) ? without : shorter;
    } catch (error) {
      if (error instanceof NotEditable) return shorter;
      throw error;
    }
  }, yaml);
}

function trustIn({ text }: YamlText, index: number): string {
  return flow(valueAt(expand(mapping(readMapping(text)), "/"), ["clusters", index, "trust"]));
}

/** The lines of changes, for people. */
export function changeLines(changes: readonly Change[]): string[] {
  return changes.map(({ path, value }) => `${pathText(path)}: ${flow(value)}`);
}
