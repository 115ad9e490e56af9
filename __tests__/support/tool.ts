import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program that a test runs where it is at hand: in E2E_BIN or in PATH. */
export function findTool(name: string): string | undefined {
  return [process.env.E2E_BIN, process.env.PATH]
    .flatMap((list) => list?.split(delimiter) ?? [])
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}
