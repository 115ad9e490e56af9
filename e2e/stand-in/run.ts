import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./checks";
import { Deployment } from "./deployment";
import { Programs } from "../programs";
import { Rig } from "./rig";
import { needsOf, type Scenario, scenarios } from "./scenarios";
import { Session } from "../session";
import { runSideBySide } from "./side-by-side";
import type { World } from "./world";

const keep = process.env.E2E_KEEP === "1";
const session = new Session(keep);

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);

async function main(names: readonly string[]): Promise<number> {
  try {
    const unknown = names.find((name) => !scenarios.some((scenario) => scenario.name === name));
    if (unknown !== undefined) {
      console.error(`no scenario ${unknown}; known: ${scenarios.map(({ name }) => name).join(", ")}`);
      return 64;
    }
    const programs = Programs.find(process.env);
    for (const reason of programs.missing.values()) console.log(`missing: ${reason}`);
    const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
    if (chosen.length === 1) return await runScenario(chosen[0]!, programs);
    return await runSideBySide(chosen.map(({ name }) => name));
  } finally {
    session.end();
  }
}

async function runScenario(scenario: Scenario, programs: Programs): Promise<number> {
  console.log(`files: ${session.directory}${keep ? "" : " (removed at the end; E2E_KEEP=1 keeps them)"}`);
  const report = new Report(programs, scenario.name, needsOf(scenario));
  let world: Promise<World> | undefined;
  for (const part of scenario.parts) {
    await report.run(part, () => (world ??= createWorld(programs, scenario)));
  }
  return report.finish(process.env.E2E_STRICT === "1");
}

async function createWorld(programs: Programs, { name, variant }: Scenario): Promise<World> {
  const home = join(session.directory, name);
  mkdirSync(home);
  const rig = await Rig.start(programs, home, variant);
  return { rig, deployment: new Deployment(rig, join(home, "deployment")) };
}
