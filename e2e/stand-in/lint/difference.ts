import assert from "node:assert/strict";
import { join } from "node:path";
import { lintPluginCaFiles } from "../../../cli/lint/lint-plugin-ca-files";
import { run } from "../../command";
import { type GeneratedSet, generatedSets } from "./generated/sets";

const JUDGE = join(__dirname, "tls-judge.mjs");
/** Each of the changes once or twice; `E2E_LINT_SETS` makes more pairs of them. */
const SETS = Number(process.env.E2E_LINT_SETS ?? 1_000);
const SEED = 19;

/** Name constraints are for people to judge, as IV0526 says: lint knows neither trust domain nor namespace. */
const UNDECIDED = "IV0526";

let made: readonly GeneratedSet[] | undefined;

/** Those of the generated sets that lint calls fine, made once. */
export function fineSets(): readonly GeneratedSet[] {
  made ??= generatedSets(SETS, SEED).filter(({ files }) =>
    lintPluginCaFiles(files, { now: new Date() }).every(
      ({ level, rule }) => level !== "error" && rule !== UNDECIDED,
    ),
  );
  assert.ok(made.length > SETS / 4, `lint calls ${made.length} of ${SETS} fine`);
  return made;
}

/** What the sets are, whose workloads refuse each other where this program does their TLS. */
export async function refusedBy(program: string, sets: readonly GeneratedSet[]): Promise<string[]> {
  const lines = sets.map(({ id, files, workload }) =>
    JSON.stringify({
      ...{ id, key: workload!.key, cert: workload!.certificate + files.certChain! },
      ...{ ca: files.rootCert, crl: files.caCrl },
    }),
  );
  const { stdout } = await run(program, [JUDGE], { input: `${lines.join("\n")}\n`, timeoutSeconds: 1200 });
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: number; error?: string });
  if (answers.length !== sets.length) throw new Error(`${answers.length} answers to ${sets.length} sets`);
  const stories = new Map(sets.map(({ id, story }) => [id, story.join(", ")]));
  return answers.flatMap(({ id, error }) => (error === undefined ? [] : [`${stories.get(id)}: ${error}`]));
}
