import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadMesh, readMesh } from "../../config/load-mesh";
import type { Mesh } from "../../config/mesh";
import { mapping, list } from "../../config/mesh-text";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { type Change, changeLines, changesTo, edited } from "./edit";

/** Whether a mesh.yaml says what a step wants. */
export function says(file: string, wanted: Mesh): boolean {
  return isDeepStrictEqual(loadMesh(file), wanted);
}

/**
 * Makes mesh.yaml say what is wanted, and nothing else: the whole file is there before it takes the old one's place, and
 * was read.
 *
 * @returns what was written, a line for each value
 * @throws CommandError with what to write, where a value cannot be changed by itself
 */
export function writeMesh(file: string, wanted: Mesh): string[] {
  const read = readMesh(file);
  const changes = changesTo(read, wanted);
  const appended = newRoots(read, wanted);
  const lines = [...appended.map(({ path, value }) => ({ path, value: [value] })), ...changes];
  const place = realpathSync(file);
  const text = edited(readFileSync(place, "utf8"), changes, appended);
  if (text === undefined || !replace(place, text, wanted)) {
    throw new CommandError(
      `${file} cannot be changed here without changing more: a value is an alias, or shares its place with others; write by hand`,
      ExitCode.USAGE,
      changeLines(lines).map((line) => `  ${line}`),
    );
  }
  return changeLines(lines);
}

function replace(place: string, text: string, wanted: Mesh): boolean {
  const draft = join(dirname(place), `.${basename(place)}.rotate`);
  try {
    writeFileSync(draft, text, { mode: statSync(place).mode });
    if (!says(draft, wanted)) return false;
    renameSync(draft, place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new CommandError(`${place} cannot be written: ${reason(error)}`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Roots that are made for this, as the one they follow was written. */
function newRoots({ mesh, written }: ReturnType<typeof readMesh>, { roots }: Mesh): Change[] {
  const known = new Set(mesh.roots.map(({ name }) => name));
  return roots
    .filter(({ name }) => !known.has(name))
    .map((root) => {
      const like = list(written.roots).find(({ source }) => source === root.source);
      const commonName = "commonName" in root ? root.commonName : undefined;
      return { path: ["roots"], value: { ...mapping(like), name: root.name, commonName } };
    });
}
