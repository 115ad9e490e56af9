import assert from "node:assert/strict";
import { type Bundles, pluginCaBundles } from "../../../__tests__/support/plugin-ca-bundles";
import {
  BASE_BUNDLE,
  ISTIO_VERSIONS,
  lintOptions,
  verdicts,
  verdictsOf,
} from "../../../__tests__/support/plugin-ca-verdicts";
import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { output } from "../../command";
import { check, part, step } from "../../scenario";
import { Trial } from "./trial";

let bundles: Bundles;
let begun: Trial;

/** The istiods of this part, for one that comes after it. */
export const trial = () => begun;

export const LINT_CLUSTER = "lint";

/** What lint's own tests say of each bundle, held against istiod. */
export function agreement(): void {
  part("istiod and lint on the same plug-in CA files", () => {
    step("istiod serves on a sound bundle, which is the base of the reloads", async ({ rig }) => {
      const { version, pilotDiscovery } = rig.istio;
      const known = ISTIO_VERSIONS.some((tried) => tried === version);
      assert.ok(known, `there are no verdicts of istiod ${version}`);
      assert.match(await output(pilotDiscovery, ["version"]), new RegExp(`"${version}"`));
      bundles = await pluginCaBundles();
      begun = await Trial.begin(rig, rig.cluster(LINT_CLUSTER), bundles[BASE_BUNDLE]!);
    });
    for (const name of Object.keys(verdicts)) if (name !== BASE_BUNDLE) agreesOn(name);
  });
}

function agreesOn(name: string): void {
  check(name, async ({ rig }) => {
    const { version } = rig.istio;
    const { start, reload, leaf, lint } = verdictsOf(version)[name]!;
    const findings = lintPluginCaFiles(bundles[name]!, lintOptions(bundles[BASE_BUNDLE]!, version));
    assert.deepEqual(
      findings.map(({ level, rule, file }) => `${level} ${rule} ${file}`),
      lint,
    );
    const started = await begun.start(bundles[name]!);
    const reloaded = await begun.reload(bundles[name]!);
    const leaves = new Set([started.leaf, reloaded.leaf].filter((each) => each !== "none"));
    const seen = [...leaves].join(" and ") || "none";
    assert.deepEqual([started.verdict, reloaded.verdict, seen], [start, reload, leaf]);
  });
}
