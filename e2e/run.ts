import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { ImageStore } from "./nodes/images";
import { compileCommand } from "./command-under-test";
import { Programs } from "./programs";
import { Report } from "./report";
import { lacking, MESH_NEEDS } from "./needs";

const SCENARIOS = join(__dirname, "scenarios");

const ALL = "all";

/** They do what others do in another way, or what is done once or seldom: for a release, and for a change of what they are about. */
const LEFT_TO_ALL = [
  "addresses",
  "adopt",
  "clocks",
  "clusters",
  "demo",
  "migration",
  "move-states",
  "opentofu",
  "plain-terraform",
  "rotation",
  "switch-issuance",
  "upgrade",
];

/** Two keep two cores busy; a third one would only make all of them slower. */
const AT_ONCE = 2;

/** Failures of more scenarios than this have another cause than the scenario beside them. */
const AGAIN_AT_MOST = 2;

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);

async function main(names: readonly string[]): Promise<number> {
  const known = readdirSync(SCENARIOS).flatMap((file) => (file.endsWith(".ts") ? [file.slice(0, -3)] : []));
  const unknown = names.find((name) => name !== ALL && !known.includes(name));
  if (unknown !== undefined) {
    console.error(`no scenario ${unknown}; known: ${ALL}, ${known.join(", ")}`);
    return 64;
  }
  const chosen = chosenOf(names, known);
  const programs = Programs.find(process.env);
  for (const reason of programs.missing.values()) console.log(`missing: ${reason}`);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => interrupted.abort());
  const shared = await share(programs, chosen.length);
  try {
    const report = new Report();
    const runScenarios = async (names: readonly string[], concurrency: number) => {
      const files = names.map((name) => join(SCENARIOS, `${name}.ts`));
      const events = run({ files, concurrency, signal: interrupted.signal });
      for await (const event of events) report.take(event as TestEvent);
    };
    await runScenarios(chosen, AT_ONCE);
    const failed = report.failedScenarios.filter((name) => chosen.includes(name));
    // Bounds of time and of CPU hold for a scenario that has the machine for itself.
    if (chosen.length > 1 && failed.length <= AGAIN_AT_MOST)
      for (const name of failed) {
        if (interrupted.signal.aborted) break;
        report.again(name);
        await runScenarios([name], 1);
      }
    return report.finish(process.env.E2E_STRICT === "1");
  } finally {
    if (shared !== undefined) rmSync(shared, { recursive: true });
  }
}

/** Without a name what differs most: the others, on other versions of Istio too, take twice as long. */
function chosenOf(names: readonly string[], known: readonly string[]): readonly string[] {
  if (names.includes(ALL)) return known;
  return names.length > 0
    ? names
    : known.filter((name) => !name.endsWith("-below") && !LEFT_TO_ALL.includes(name));
}

/** What several scenarios use, each of which would make it for itself. */
async function share(programs: Programs, scenarios: number): Promise<string | undefined> {
  if (scenarios < 2 || lacking(programs, MESH_NEEDS) !== undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "cdktf-istio-vault-shared-"));
  await compileCommand(join(directory, "command"));
  process.env.E2E_IMAGES = (await ImageStore.build(programs, join(directory, "images"))).directory;
  return directory;
}
