import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";

/** Extended rather than replaced, so that it may exist already. */
const EXTENDED = "package.json";

/**
 * Writes files into a directory, or none of them.
 *
 * @returns their paths, in order
 * @throws CommandError if one of them is there already, or the directory cannot be written
 */
export function writeNewFiles(directory: string, files: ReadonlyMap<string, string>): string[] {
  const present = [...files.keys()].filter((file) => file !== EXTENDED && existsSync(join(directory, file)));
  if (present.length > 0) {
    throw new CommandError(
      `${directory} already contains ${present.join(", ")}; name another directory, or move them away`,
      ExitCode.USAGE,
    );
  }
  const written: string[] = [];
  try {
    for (const [file, text] of files) {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      if (file !== EXTENDED) written.push(path);
      // Scripts say so in their first line.
      writeFileSync(path, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw new CommandError(`${directory} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
  return [...files.keys()];
}
