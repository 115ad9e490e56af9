import assert from "node:assert/strict";
import { type Check, type Part } from "../checks";
import { fineSets, refusedBy } from "../lint/difference";
import { Trial } from "../lint/trial";
import { RIG_NEEDS } from "../rig";
import { sharedTrial } from "./lint-agreement";

/** Every so many of the sets that lint calls fine is given to a real istiod. */
const STARTED_EVERY = 150;

/** Generated sets of plug-in CA files, none of which lint may call fine where something else refuses it. */
export const lintDifference: Part = {
  name: "10,000 generated sets of plug-in CA files: what lint calls fine",
  needs: [...RIG_NEEDS, "Istio", "node"],
  checks: [
    {
      name: "OpenSSL takes all of it",
      run: async ({ rig }) => {
        assert.ok(fineSets().length > 2000, `lint calls ${fineSets().length} fine`);
        assert.deepEqual(await refusedBy(rig.programs.path("node"), fineSets()), []);
      },
    },
    startsAndReloads(),
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

function startsAndReloads(): Check {
  return {
    name: `istiod serves on each of a sample: every ${STARTED_EVERY}th`,
    run: async () => {
      const trial: Trial = sharedTrial();
      const refused: string[] = [];
      for (const { story, files } of fineSets().filter((_, at) => at % STARTED_EVERY === 0)) {
        const { verdict, leaf } = await trial.start(files);
        if (verdict !== "serves" || leaf !== "verifies")
          refused.push(`${story.join(", ")}: ${verdict}, ${leaf}`);
      }
      assert.deepEqual(refused, []);
    },
  };
}
