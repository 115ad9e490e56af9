/**
 * Runs the unit tests of what is synthesized with cdktf's maintained fork in its place, by the lines of
 * docs/cdktn.md alone. Needs npm's registry; run by `npm run test:cdktn`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whose tests: everything else reads what these made, and touches no core. */
const TESTED = ["lib", "config", "stacks"];

const directory = mkdtempSync(join(tmpdir(), "cdktn-"));
process.on("exit", () => rmSync(directory, { recursive: true }));

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
});
for (const file of files.trim().split("\n")) cpSync(file, join(directory, file), { recursive: true });

const run = (program, args) => execFileSync(program, args, { cwd: directory, stdio: "inherit" });
const page = readFileSync(join(directory, "docs", "cdktn.md"), "utf8");
const [, move] = /## Move this program\n[^]*?```sh\n([^]*?)```/.exec(page);
run("bash", ["-euc", move]);
run("npx", ["jest", "--ci", ...TESTED.map((folder) => `__tests__/${folder}/`)]);
