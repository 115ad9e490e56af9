import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { FIXTURES } from "../__tests__/support/fixtures";

export const PROJECT = join(__dirname, "..");

/** Writes the tests' mesh.yaml with as many clusters, and other sections where they are given. */
export function writeMesh(file: string, clusters: number, sections: object = {}): string {
  const mesh = parse(readFileSync(join(FIXTURES, "mesh.yaml"), "utf8"));
  const [template] = mesh.clusters;
  Object.assign(mesh, sections, {
    clusters: Array.from({ length: clusters }, (_, index) => ({
      ...template,
      name: `cluster${index + 1}`,
      kubernetesHost: `https://k8s-${index + 1}.example.com:6443`,
      kubeconfig: { context: `cluster${index + 1}` },
      kubernetesCaCertificateFile: join(FIXTURES, template.kubernetesCaCertificateFile),
    })),
  });
  writeFileSync(file, stringify(mesh, { aliasDuplicateObjects: false }));
  return file;
}
