import { DEFAULT_REVISION } from "../lib";
import { isSupportedIstio } from "../lib/private/istio-version";
import { isName } from "../lib/private/names";
import { rules } from "../lib/rules";
import type { Problem } from "./mesh-file-error";
import type { ClusterOutline, RevisionOutline } from "./outline";
import { pathText } from "./schema-problems";

/**
 * The rules about a cluster's revisions.
 *
 * @param pathOf where a key of its section `istio` is written
 */
export function revisionProblems(
  { revisions, defaultRevision }: ClusterOutline,
  pathOf: (key: string) => string,
): Problem[] {
  const names = revisions?.map(({ name }) => name) ?? [DEFAULT_REVISION];
  if (names.length === 0) return [{ path: pathOf("revisions"), finding: rules.noRevision() }];
  const unlisted =
    defaultRevision === undefined || names.includes(defaultRevision)
      ? []
      : [
          {
            path: pathOf("defaultRevision"),
            finding: rules.defaultRevisionNotListed(defaultRevision, names),
          },
        ];
  return [
    ...unlisted,
    ...(revisions ?? []).flatMap((revision) => problemsOf(revision, pathOf)),
    ...sharedCharts(revisions ?? [], pathOf),
  ];
}

function problemsOf({ name, version, pathOf: below }: RevisionOutline, pathOf: (key: string) => string) {
  const problems: Problem[] = [];
  if (!isName(name)) {
    problems.push({ path: pathText(pathOf("revisions"), [name]), finding: rules.revisionForm(name) });
  }
  if (version !== undefined && !isSupportedIstio(version)) {
    const [key, ...rest] = below("version");
    problems.push({ path: pathText(pathOf(key), rest), finding: rules.istioVersion(version) });
  }
  return problems;
}

/** A directory of unpacked charts has one of each name, so of one version. */
function sharedCharts(revisions: readonly RevisionOutline[], pathOf: (key: string) => string): Problem[] {
  return revisions.flatMap(({ chartsDirectory, pathOf: below }, index) => {
    const sharing = revisions.filter((other) => other.chartsDirectory === chartsDirectory);
    const versions = [...new Set(sharing.flatMap(({ version }) => version ?? []))];
    // Said once, at the last of them.
    if (chartsDirectory === undefined || versions.length < 2 || sharing.at(-1) !== revisions[index])
      return [];
    const [key, ...rest] = below("chartsDirectory");
    return [
      {
        path: pathText(pathOf(key), rest),
        finding: rules.chartsOfOneVersion(chartsDirectory, versions),
      },
    ];
  });
}
