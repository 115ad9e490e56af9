import type { Problem } from "./mesh-file-error";
import { type ClusterSections, overridableSections } from "./schema";
import { schemaProblems } from "./schema-problems";

type Raw = Readonly<Record<string, unknown>>;
export type SectionKey = keyof typeof overridableSections;

/**
 * A cluster's sections: its own keys laid over the mesh-wide ones, then checked as a whole, since a
 * rule may hold for the merged section only.
 */
export function clusterSections(
  file: Raw,
  index: number,
  meshWide: ClusterSections,
): { sections: ClusterSections; problems: Problem[] } {
  const sections: Record<string, unknown> = { ...meshWide };
  const problems: Problem[] = [];
  for (const key of Object.keys(overridableSections) as SectionKey[]) {
    const own = clusterOf(file, index)[key];
    if (!isMapping(own)) continue;
    const schema = overridableSections[key];
    const result = schema.safeParse(merged(file[key], own), { reportInput: true });
    if (result.success) sections[key] = result.data;
    else problems.push(...schemaProblems(schema, result.error.issues, sectionPath(file, index, key)));
  }
  return { sections: sections as ClusterSections, problems };
}

/** Where a cluster's section is written: in the cluster, or mesh-wide. */
export function sectionPath(file: Raw, index: number, section: SectionKey): string {
  return section in clusterOf(file, index) ? `clusters[${index}].${section}` : section;
}

function clusterOf(file: Raw, index: number): Raw {
  return (file.clusters as readonly Raw[])[index];
}

function merged(meshWide: unknown, own: Raw): Raw {
  const base = isMapping(meshWide) ? meshWide : {};
  // Another login method shares no key with the mesh-wide one.
  return own.method !== undefined && own.method !== base.method ? own : { ...base, ...own };
}

export function isMapping(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
