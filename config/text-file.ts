import { readFileSync, statSync } from "node:fs";

/** Far more than any file that is read here has. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The text of a regular file: a pipe might never end, nor a device.
 *
 * @throws Error as `reason` puts it into words
 */
export function readTextFile(path: string): string {
  requireTextFile(path);
  return readFileSync(path, "utf8");
}

/** @throws Error as {@link readTextFile} does, but for what only reading shows */
export function requireTextFile(path: string): void {
  const file = statSync(path);
  // That of a directory is its own.
  if (!file.isFile() && !file.isDirectory()) throw new FileError("it is no regular file");
  if (file.size > MOST_BYTES) throw new FileError("it is larger than 16 MiB");
}

class FileError extends Error {
  public readonly code = this.message;
}
