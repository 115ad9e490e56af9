import assert from "node:assert/strict";
import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { type GeneratedSet, generatedSets } from "../../../fuzz/plugin-ca-files/sets";
import { check, part } from "../../scenario";
import { trial } from "./agreement";
import { judgedBy } from "./judge";

/** Each of the changes once or twice; `E2E_LINT_SETS` makes more pairs of them. */
const SETS = Number(process.env.E2E_LINT_SETS ?? 1_000);
const SEED = 19;

/** So many of the sets that lint calls fine, far apart, are given to a real istiod. */
const STARTED = 10;

/** Name constraints are for people to judge, as IV0526 says: lint knows neither trust domain nor namespace. */
const UNDECIDED = "IV0526";

/** Generated sets of plug-in CA files, none of which lint may call fine where something else refuses it. */
export function difference(): void {
  part("generated sets of plug-in CA files: what lint calls fine", () => {
    check("OpenSSL takes all of it", async ({ rig }) =>
      assert.deepEqual(await refusedBy(rig.programs.path("node")), []),
    );
    check(
      "BoringSSL takes all of it",
      async ({ rig }) => assert.deepEqual(await refusedBy(rig.programs.path("bun")), []),
      ["bun"],
    );
    check(`istiod serves on each of ${STARTED} of them`, async () => {
      const refused: string[] = [];
      const every = Math.ceil(fineSets().length / STARTED);
      for (const { story, files } of fineSets().filter((_, at) => at % every === 0)) {
        const { verdict, leaf } = await trial().start(files);
        if (verdict !== "serves" || leaf !== "verifies")
          refused.push(`${story.join(", ")}: ${verdict}, ${leaf}`);
      }
      assert.deepEqual(refused, []);
    });
  });
}

let made: readonly GeneratedSet[] | undefined;

/** Those of the generated sets that lint calls fine, made once. */
function fineSets(): readonly GeneratedSet[] {
  made ??= generatedSets(SETS, SEED).filter(({ files }) =>
    lintPluginCaFiles(files, { now: new Date() }).every(
      ({ level, rule }) => level !== "error" && rule !== UNDECIDED,
    ),
  );
  assert.ok(made.length > SETS / 4, `lint calls ${made.length} of ${SETS} fine`);
  return made;
}

/** What the sets are, whose workloads refuse each other where this program does their TLS. */
async function refusedBy(program: string): Promise<string[]> {
  const sets = fineSets();
  const materials = sets.map(({ id, files, workload }) => ({
    ...{ id, key: workload!.key, cert: workload!.certificate + files.certChain! },
    ...{ ca: files.rootCert!, crl: files.caCrl },
  }));
  const stories = new Map(sets.map(({ id, story }) => [id, story.join(", ")]));
  const answers = await judgedBy(program, materials);
  return answers.flatMap(({ id, error }) => (error === undefined ? [] : [`${stories.get(id)}: ${error}`]));
}
