import { lintClusters } from "./lint-clusters";
import type { LintFinding } from "./lint-finding";
import type { LintOptions } from "./lint-options";
import { lintPluginCaFiles } from "./lint-plugin-ca-files";
import type { LintTarget } from "./targets";

/** Where findings stand that are about several targets at once. */
export const BETWEEN_TARGETS = "all of them";

export interface TargetFinding extends LintFinding {
  readonly target: string;
}

/** Everything that is wrong with each target, and between them. */
export function lintTargets(targets: readonly LintTarget[], options: LintOptions): TargetFinding[] {
  const each = targets.flatMap(({ name, files, findings, publicOnly, renderInterval }) =>
    [...findings, ...lintPluginCaFiles(files, { ...options, publicOnly, renderInterval })].map((finding) => ({
      target: name,
      ...finding,
    })),
  );
  const between = lintClusters(targets.map(({ name, files }) => ({ cluster: name, files })));
  return [...each, ...between.map((finding) => ({ target: BETWEEN_TARGETS, ...finding, file: "" }))];
}
