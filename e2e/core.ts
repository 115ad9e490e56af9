import { cpSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { ISTIO_VAULT } from "./command-under-test";

const PROJECT = resolve(__dirname, "..");

/** What the program under test is made of, besides the packages it uses. */
export const PROGRAM = [
  "bin",
  "cli",
  "config",
  "lib",
  "stacks",
  "index.ts",
  "main.ts",
  "cdktf.json",
  "package.json",
  "tsconfig.json",
];

/** The program under test on the core it uses, and the command that deploys it. */
export interface Core {
  /** Where the program is. */
  readonly directory: string;
  readonly command: string;
  readonly istioVault: string;
  /** Where the command finds its Node. */
  readonly path: string;
}

export const CDKTF: Core = {
  directory: PROJECT,
  command: join(PROJECT, "node_modules", ".bin", "cdktf"),
  istioVault: ISTIO_VAULT,
  path: process.env.PATH ?? "",
};

/**
 * A copy of the program with the packages that `command` was found among: those of a copy that was moved
 * by docs/cdktn.md.
 */
export function cdktn(command: string, directory: string): Core {
  mkdirSync(directory);
  for (const file of PROGRAM) cpSync(join(PROJECT, file), join(directory, file), { recursive: true });
  const commands = dirname(command);
  symlinkSync(realpathSync(dirname(commands)), join(directory, "node_modules"));
  const istioVault = join(directory, "bin", "istio-vault.mjs");
  return { directory, command, istioVault, path: [commands, CDKTF.path].join(delimiter) };
}
