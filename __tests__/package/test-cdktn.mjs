/**
 * Runs the unit tests with cdktf's maintained fork in its place, by an npm alias alone: the way off the
 * archived package is one line. Needs npm's registry; run by `npm run test:cdktn`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const directory = mkdtempSync(join(tmpdir(), "cdktn-"));
process.on("exit", () => rmSync(directory, { recursive: true }));

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
});
for (const file of files.trim().split("\n")) {
  if (file !== "package-lock.json") cpSync(file, join(directory, file), { recursive: true });
}
const path = join(directory, "package.json");
const { peerDependencies, ...manifest } = JSON.parse(readFileSync(path, "utf8"));
const { "cdktf-cli": cli, ...dependencies } = manifest.devDependencies;
const fork = { cdktf: "npm:cdktn@0.24.0", constructs: "10.7.2" };
manifest.devDependencies = { ...dependencies, ...fork };
manifest.overrides = { cdktf: "$cdktf", constructs: "$constructs" };
writeFileSync(path, JSON.stringify(manifest));

const run = (program, args) => execFileSync(program, args, { cwd: dirname(path), stdio: "inherit" });
run("npm", ["install", "--no-audit", "--no-fund"]);
run("npx", ["jest", "--ci"]);
