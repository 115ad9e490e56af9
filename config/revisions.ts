import { DEFAULT_REVISION } from "../lib";
import { newestVersion } from "../lib/private/istio-version";
import { isMapping, mapping, type Raw } from "./cluster-sections";
import { istiod } from "./istio-schema";
import type { IstioConfig, RevisionConfig } from "./mesh";
import type { ReferencedFiles } from "./referenced-files";
import { pathText } from "./schema-problems";

/** One istiod as it is written: its own keys laid over the section's. */
export interface WrittenRevision {
  readonly name: string;
  readonly settings: Raw;
  /** Where a key of it is written, below the section. */
  readonly pathOf: (key: string) => readonly [string, ...string[]];
}

/** The istiods of a cluster's section; undefined where it lists none, so that the section is the one. */
export function writtenRevisions(section: Raw): WrittenRevision[] | undefined {
  const { revisions, defaultRevision: _, ...shared } = section;
  if (!isMapping(revisions)) return undefined;
  return Object.entries(revisions).map(([name, written]) => {
    const own = mapping(written);
    const base: Record<string, unknown> = { ...shared };
    // The two sources of charts exclude each other: who names one leaves the section's.
    if ("chartRepository" in own || "chartsDirectory" in own) {
      delete base.chartRepository;
      delete base.chartsDirectory;
    }
    return {
      name,
      settings: { ...base, ...own },
      pathOf: (key) => (Object.hasOwn(own, key) ? ["revisions", name, key] : [key]),
    };
  });
}

/** Who injects where nobody names a revision. */
export function defaultRevisionOf({ defaultRevision = DEFAULT_REVISION }: Raw): unknown {
  return defaultRevision;
}

/**
 * A cluster's istiods, from a section whose form is right.
 *
 * @param pathOf where a key of the section is written
 */
export function toIstio(
  section: Raw,
  hasGateways: boolean,
  pathOf: (key: string) => string,
  files: ReferencedFiles,
): IstioConfig {
  const defaultRevision = `${defaultRevisionOf(section)}`;
  const listed = writtenRevisions(section);
  const { revisions: _, defaultRevision: __, ...settings } = section;
  const written = listed ?? [{ name: DEFAULT_REVISION, settings, pathOf: (key: string) => [key] as const }];
  const newest = newestVersion(written.map(({ settings }) => `${settings.version}`));
  const revisions = written.flatMap((revision): RevisionConfig[] => {
    const parsed = istiod.safeParse(revision.settings);
    // Of names such as __proto__ the schema has not looked at the value; they are refused.
    if (!parsed.success) return [];
    const { version, imageHub, imagePullSecrets, replicas, values, ...from } = parsed.data;
    const names = [
      ...(version === newest ? ["base"] : []),
      "istiod",
      ...(hasGateways && revision.name === defaultRevision ? ["gateway"] : []),
    ];
    const path = ([key, ...below]: readonly [string, ...string[]]) => pathText(pathOf(key), below);
    const charts = files.charts((key) => path(revision.pathOf(key)), from, names);
    return [{ name: revision.name, version, charts, imageHub, imagePullSecrets, replicas, values }];
  });
  return { revisions, defaultRevision, isListed: listed !== undefined };
}
