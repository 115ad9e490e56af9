import { string } from "../../config/found";
import { list, readMapping } from "../../config/mesh-text";
import { readTextFile } from "../../config/text-file";

/** A shell would run what is in another. */
const HARMLESS = /^[a-z0-9-]+$/;

/** The clusters of a mesh.yaml that is perhaps being written; none where it cannot be read, as in another directory. */
export function clusterNames(file: string): string[] {
  let text: string;
  try {
    text = readTextFile(file);
  } catch {
    return [];
  }
  const mesh = readMapping(text);
  if (Array.isArray(mesh)) return [];
  const names = list(mesh.clusters).flatMap(({ name }) => string(name) ?? []);
  return names.filter((name) => HARMLESS.test(name));
}
