import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

export const PROJECT = join(__dirname, "..");

/** Writes the project's mesh.yaml with as many clusters, and other sections where they are given. */
export function writeMesh(file: string, clusters: number, sections: object = {}): string {
  const mesh = parse(readFileSync(join(PROJECT, "mesh.yaml"), "utf8"));
  const [template] = mesh.clusters;
  Object.assign(mesh, sections, {
    clusters: Array.from({ length: clusters }, (_, index) => ({
      ...template,
      name: `cluster${index + 1}`,
      kubernetesCaCertificateFile: join(PROJECT, template.kubernetesCaCertificateFile),
    })),
  });
  writeFileSync(file, stringify(mesh, { aliasDuplicateObjects: false }));
  return file;
}
