import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_REVISION } from "../lib";
import { newestVersion } from "../lib/private/istio-version";
import { isName } from "../lib/private/names";
import { type Found, string } from "./found";
import type { Path } from "./mesh-file-error";
import { isMapping, mapping, type Raw } from "./mesh-text";
import { rules } from "./rules";

/** The revisions a cluster lists; undefined where it lists none. Of a name such as `__proto__` zod keeps nothing. */
export function listedRevisions(written: Raw): string[] | undefined {
  const { revisions } = mapping(written.istio);
  return isMapping(revisions) ? Object.keys(revisions) : undefined;
}

/** What is wrong with a cluster's istiods taken together, and with their charts. */
export function revisionsFound(written: Raw, cluster: Raw, at: Path): Found[] {
  const path = [...at, "istio"];
  const { revisions, defaultRevision = DEFAULT_REVISION, ...only } = mapping(cluster.istio);
  const listed = listedRevisions(written);
  // Where they have another form, nobody can say who is among them.
  if (!listed && revisions !== undefined) return [];
  if (listed?.length === 0) return [{ path: [...path, "revisions"], finding: rules.noRevision() }];

  const names = listed ?? [DEFAULT_REVISION];
  const istiods = names.map((name) => ({
    name,
    path: listed ? [...path, "revisions", name] : path,
    keys: listed ? mapping(mapping(revisions)[name]) : only,
  }));
  const hasGateways = Object.keys(mapping(written.gateways)).length > 0;
  const newest = newestVersion(istiods.flatMap(({ keys }) => string(keys.version) ?? []));
  const found: Found[] = [];
  if (typeof defaultRevision === "string" && !names.includes(defaultRevision)) {
    const finding = rules.defaultRevisionNotListed(defaultRevision, names);
    // Where none says it, what lists them left out the default.
    const key = mapping(written.istio).defaultRevision === undefined ? "revisions" : "defaultRevision";
    found.push({ path: [...path, key], finding });
  }
  for (const istiod of istiods.filter(({ name }) => !isName(name))) {
    found.push({ path: istiod.path, finding: rules.revisionForm(istiod.name) });
  }
  return [
    ...found,
    ...sharedCharts(istiods),
    ...istiods.flatMap(({ name, keys, path }) =>
      chartsFound(keys, path, [
        ...(keys.version === newest ? ["base"] : []),
        "istiod",
        ...(hasGateways && name === defaultRevision ? ["gateway"] : []),
      ]),
    ),
  ];
}

/** A directory of unpacked charts has one of each name, so of one version. */
function sharedCharts(istiods: readonly { readonly path: Path; readonly keys: Raw }[]): Found[] {
  return istiods.flatMap(({ path, keys: { chartsDirectory } }, index) => {
    const sharing = istiods.filter(({ keys }) => keys.chartsDirectory === chartsDirectory);
    const versions = [...new Set(sharing.flatMap(({ keys }) => string(keys.version) ?? []))];
    // Said once, at the last of them.
    if (!string(chartsDirectory) || versions.length < 2 || sharing.at(-1) !== istiods[index]) return [];
    return [
      {
        path: [...path, "chartsDirectory"],
        finding: (directory) => rules.chartsOfOneVersion(directory, versions),
      },
    ];
  });
}

/** Where charts come from: one source, and a directory holds all of `names`. */
export function chartsFound({ chartRepository, chartsDirectory }: Raw, at: Path, names: string[]): Found[] {
  const directory = string(chartsDirectory);
  if (!directory) return [];
  const path = [...at, "chartsDirectory"];
  if (chartRepository !== undefined) {
    return [{ path, finding: rules.exclusiveKeys("chartRepository", "chartsDirectory") }];
  }
  return names
    .filter((name) => !existsSync(join(directory, name, "Chart.yaml")))
    .map((name) => ({ path, finding: (written) => rules.chartMissing(join(written, name)) }));
}
