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
import type { Check, Part } from "../checks";
import { Trial } from "../lint/trial";
import { output } from "../../command";
import { RIG_NEEDS } from "../rig";

let bundles: Bundles;
let trial: Trial;

/** The istiods of this part, for one that comes after it. */
export const sharedTrial = () => trial;

export const LINT_CLUSTER = "lint";

/** What lint's own tests say of each bundle, held against istiod. */
export const lintAgreement: Part = {
  name: "istiod and lint on the same plug-in CA files",
  needs: [...RIG_NEEDS, "Istio"],
  checks: [
    {
      name: "istiod serves on a sound bundle, which is the base of the reloads",
      prerequisite: true,
      run: async ({ rig }) => {
        const { version, pilotDiscovery } = rig.istio;
        assert.ok(
          ISTIO_VERSIONS.some((tried) => tried === version),
          `there are no verdicts of istiod ${version}`,
        );
        assert.match(await output(pilotDiscovery, ["version"]), new RegExp(`"${version}"`));
        bundles = await pluginCaBundles();
        trial = await Trial.begin(rig, await rig.addCluster(LINT_CLUSTER), bundles[BASE_BUNDLE]!);
      },
    },
    ...Object.keys(verdicts)
      .filter((name) => name !== BASE_BUNDLE)
      .map(agreesOn),
  ],
};

function agreesOn(name: string): Check {
  return {
    name,
    run: async ({ rig }) => {
      const { version } = rig.istio;
      const { start, reload, leaf, lint } = verdictsOf(version)[name]!;
      const findings = lintPluginCaFiles(bundles[name]!, lintOptions(bundles[BASE_BUNDLE]!, version));
      assert.deepEqual(
        findings.map(({ level, rule, file }) => `${level} ${rule} ${file}`),
        lint,
      );
      const started = await trial.start(bundles[name]!);
      const reloaded = await trial.reload(bundles[name]!);
      const leaves = new Set([started.leaf, reloaded.leaf].filter((each) => each !== "none"));
      const seen = [...leaves].join(" and ") || "none";
      assert.deepEqual([started.verdict, reloaded.verdict, seen], [start, reload, leaf]);
    },
  };
}
