import type { Problem } from "./mesh-file-error";
import { type ClusterSections, overridableSections } from "./schema";
import { pathText, schemaProblems } from "./schema-problems";

export type Raw = Readonly<Record<string, unknown>>;
export type SectionKey = keyof typeof overridableSections;

const SECTION_KEYS = Object.keys(overridableSections) as SectionKey[];

/**
 * A cluster's sections: its own keys laid over the mesh-wide ones, then checked as a whole, since a
 * rule may hold for the merged section only. Undefined where one of them is wrong.
 */
export function clusterSections(
  file: Raw,
  index: number,
  meshWide: ClusterSections | undefined,
): { sections: ClusterSections | undefined; problems: Problem[] } {
  const sections: Record<string, unknown> = { ...meshWide };
  const problems: Problem[] = [];
  for (const section of SECTION_KEYS) {
    if (!isMapping(list(file.clusters)[index][section])) continue;
    const schema = overridableSections[section];
    const result = schema.safeParse(mergedSection(file, index, section), { reportInput: true });
    if (result.success) sections[section] = result.data;
    else {
      // Where the mesh-wide section is missing or no mapping, that is said already.
      const isSaid = ({ path }: Problem) => !isMapping(file[section]) && path.startsWith(`${section}.`);
      const found = schemaProblems(schema, result.error.issues, pathsOf(file, index, section));
      problems.push(...found.filter((problem) => !isSaid(problem)));
    }
  }
  return {
    sections: meshWide && problems.length === 0 ? (sections as ClusterSections) : undefined,
    problems,
  };
}

/** A cluster's section as it is written, its own keys over the mesh-wide ones. */
export function mergedSection(file: Raw, index: number, section: SectionKey): Raw {
  const own = ownSection(file, index, section);
  if (replacesLogin(file, index, section)) return own;
  const base = { ...mapping(file[section]) };
  // The two sources of charts exclude each other: a cluster that names one leaves the mesh-wide one.
  if ("chartRepository" in own || "chartsDirectory" in own) {
    delete base.chartRepository;
    delete base.chartsDirectory;
  }
  return { ...base, ...own };
}

/** Where a key of a cluster's section is written: in the cluster, or mesh-wide. */
export function keyPath(file: Raw, index: number, section: SectionKey, key: string): string {
  const isOwn = Object.hasOwn(ownSection(file, index, section), key) || replacesLogin(file, index, section);
  return `${isOwn ? `clusters[${index}].${section}` : section}.${key}`;
}

/** The same for a path below the section: `bundle`, 1. */
function pathsOf(file: Raw, index: number, section: SectionKey) {
  return ([key, ...below]: readonly PropertyKey[]) =>
    pathText(keyPath(file, index, section, String(key)), below);
}

/** Another login method shares no key with the mesh-wide one. */
function replacesLogin(file: Raw, index: number, section: SectionKey): boolean {
  const { method } = ownSection(file, index, section);
  return (
    section === "vaultAuth" &&
    method !== undefined &&
    method !== (mapping(file[section]).method ?? "kubernetes")
  );
}

function ownSection(file: Raw, index: number, section: SectionKey): Raw {
  return mapping(list(file.clusters)[index]?.[section]);
}

export function isMapping(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, or an empty mapping where it is none: that is said elsewhere. */
export function mapping(value: unknown): Raw {
  return isMapping(value) ? value : {};
}

/** The mappings of a list; none where it is no list. */
export function list(value: unknown): Raw[] {
  return Array.isArray(value) ? value.map(mapping) : [];
}
