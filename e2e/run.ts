import { join } from "node:path";
import { type Part, Report } from "./checks";
import { Deployment } from "./deployment";
import { parts } from "./parts";
import { Programs } from "./programs";
import { newStateDirectory, Rig, tearDown } from "./rig";
import type { World } from "./world";

// The run's programs are on loopback; nothing here goes through a proxy.
for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
  delete process.env[name];
  delete process.env[name.toUpperCase()];
}

const directory = newStateDirectory();
const keep = process.env.E2E_KEEP === "1";
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    tearDown(directory, keep);
    process.exit(130);
  });
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);

async function main(): Promise<number> {
  try {
    return await runParts(parts);
  } finally {
    tearDown(directory, keep);
  }
}

async function runParts(all: readonly Part[]): Promise<number> {
  const programs = Programs.find(process.env);
  for (const reason of programs.missing.values()) console.log(`missing: ${reason}`);
  console.log(`files: ${directory}${keep ? "" : " (removed at the end; E2E_KEEP=1 keeps them)"}`);
  const report = new Report(programs);
  let world: Promise<World> | undefined;
  for (const part of all) await report.run(part, () => (world ??= createWorld(programs)));
  return report.finish(process.env.E2E_STRICT === "1");
}

async function createWorld(programs: Programs): Promise<World> {
  const rig = await Rig.start(programs, directory);
  return { rig, deployment: new Deployment(rig, join(directory, "deployment")) };
}
