import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";

const PROJECT = join(__dirname, "..", "..");

/** Copies what a commit of this working copy would hold. */
export function copyWorkingCopy(destination: string): void {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  for (const file of listed.trim().split("\n")) {
    cpSync(join(PROJECT, file), join(destination, file), { recursive: true });
  }
}
