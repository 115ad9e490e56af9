/** Pieces of sentences that several parts of the program speak. */

/** How many names a sentence has at most. */
export const NAMES_SHOWN = 5;

/**
 * Names for a sentence; of a thousand, the first few.
 *
 * @param count of all, where only the first are given
 */
export function nameList(names: readonly string[], most = NAMES_SHOWN, count = names.length): string {
  const [shown, rest] = [names.slice(0, most), count - most];
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

/** Why a file could not be read or written, in words. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const texts: Record<string, string> = {
    ENOENT: "no such file",
    EACCES: "permission denied",
    EISDIR: "it is a directory",
    ENOTDIR: "part of the path is not a directory",
    ENOSPC: "no space is left on the disk",
  };
  return texts[code ?? ""] ?? code ?? "unknown error";
}
