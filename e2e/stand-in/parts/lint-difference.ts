import assert from "node:assert/strict";
import type { Check, Part } from "../checks";
import { fineSets, refusedBy } from "../lint/difference";
import { RIG_NEEDS } from "../rig";
import { sharedTrial } from "./lint-agreement";

/** So many of the sets that lint calls fine, far apart, are given to a real istiod. */
const STARTED = 10;

/** Generated sets of plug-in CA files, none of which lint may call fine where something else refuses it. */
export const lintDifference: Part = {
  name: "generated sets of plug-in CA files: what lint calls fine",
  needs: [...RIG_NEEDS, "Istio", "node"],
  checks: [
    {
      name: "OpenSSL takes all of it",
      run: async ({ rig }) => {
        assert.deepEqual(await refusedBy(rig.programs.path("node"), fineSets()), []);
      },
    },
    istiodServes(),
  ],
};

export const lintDifferenceInBoringSsl: Part = {
  name: "the same sets in BoringSSL",
  needs: ["bun"],
  checks: [
    {
      name: "BoringSSL takes all of it",
      run: async ({ rig }) => {
        assert.deepEqual(await refusedBy(rig.programs.path("bun"), fineSets()), []);
      },
    },
  ],
};

function istiodServes(): Check {
  return {
    name: `istiod serves on each of ${STARTED} of them`,
    run: async () => {
      const refused: string[] = [];
      const every = Math.ceil(fineSets().length / STARTED);
      for (const { story, files } of fineSets().filter((_, at) => at % every === 0)) {
        const { verdict, leaf } = await sharedTrial().start(files);
        if (verdict !== "serves" || leaf !== "verifies")
          refused.push(`${story.join(", ")}: ${verdict}, ${leaf}`);
      }
      assert.deepEqual(refused, []);
    },
  };
}
