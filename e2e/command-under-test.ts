import { cpSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { output } from "./command";

const PROJECT = resolve(__dirname, "..");

/** Where the run that a scenario is part of has it compiled. */
const COMPILED = process.env.E2E_COMPILED;

/** `istio-vault` beside its sources, or as the package has it, which starts in a third of the time. */
export const ISTIO_VAULT = join(COMPILED ?? PROJECT, "bin", "istio-vault.mjs");

/** Compiles it for several scenarios, which start it hundreds of times; names the directory in the environment. */
export async function compileCommand(directory: string): Promise<void> {
  const tsc = join(PROJECT, "node_modules", ".bin", "tsc");
  await output(tsc, ["-p", join(PROJECT, "tsconfig.build.json"), "--outDir", join(directory, "dist")]);
  for (const file of ["bin", "package.json", "mesh.schema.json"]) {
    cpSync(join(PROJECT, file), join(directory, file), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(directory, "node_modules"));
  process.env.E2E_COMPILED = directory;
}
