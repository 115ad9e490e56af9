import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Report } from "./checks";
import { Deployment } from "./deployment";
import { Programs } from "./programs";
import { killAll } from "./processes";
import { Rig } from "./rig";
import { needsOf, type Scenario, scenarios } from "./scenarios";
import { Session } from "./session";
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
    return await runScenarios(
      names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name)),
    );
  } finally {
    session.end();
  }
}

async function runScenarios(chosen: readonly Scenario[]): Promise<number> {
  const programs = Programs.find(process.env);
  for (const reason of programs.missing.values()) console.log(`missing: ${reason}`);
  console.log(`files: ${session.directory}${keep ? "" : " (removed at the end; E2E_KEEP=1 keeps them)"}`);
  const report = new Report(programs);
  for (const scenario of chosen) {
    let world: Promise<World> | undefined;
    report.begin(scenario.name, needsOf(scenario));
    for (const part of scenario.parts) {
      await report.run(part, () => (world ??= createWorld(programs, scenario)));
    }
    await end(world);
  }
  return report.finish(process.env.E2E_STRICT === "1");
}

/** Ends all that a scenario started: what its nodes run would be started again otherwise, beside the next one. */
async function end(world: Promise<World> | undefined): Promise<void> {
  const stopped = world?.then(
    ({ rig }) => rig.stop(),
    () => undefined, // it never came up, and its checks have said so
  );
  killAll();
  await stopped;
}

async function createWorld(programs: Programs, { name, variant }: Scenario): Promise<World> {
  const home = join(session.directory, name);
  mkdirSync(home);
  const rig = await Rig.start(programs, home, variant);
  return { rig, deployment: new Deployment(rig, join(home, "deployment")) };
}
