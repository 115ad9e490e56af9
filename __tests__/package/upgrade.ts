import { execFileSync, execSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandsOf } from "../support/documented-commands";
import { copyWorkingCopy } from "../support/working-copy";

/**
 * A program that init of the last release made, upgraded to this version as CHANGELOG.md says, and handed over as
 * docs/plain-terraform.md says. Before the first release it is one of the last commit.
 */

const PROJECT = join(__dirname, "..", "..");

type Blocks = ReadonlyMap<string, string>;

let directory: string;
let program: string;
let before: Blocks;

const inProgram = (command: string) => {
  const { MESH_FILE: _, CDKTF_OUTDIR: __, ...env } = process.env;
  return execSync(command, { cwd: program, encoding: "utf8", stdio: "pipe", env });
};
const npmInstall = (packages: string) =>
  inProgram(`npm install ${packages} --no-audit --no-fund --prefer-offline --ignore-scripts`);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "upgrade-"));
  program = join(directory, "program");
  mkdirSync(program);
}, 600_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the last release's program is made, and synthesizes", () => {
  npmInstall(packed("released", (directory) => checkOut(lastRelease(), directory)));
  inProgram("npx istio-vault init .");
  npmInstall("");
  inProgram("npm start");
  before = blocks();
}, 600_000);

test("upgraded, it type-checks, and CHANGELOG.md names what a plan of it shows", () => {
  npmInstall(packed("current", copyWorkingCopy));
  inProgram("npm test");
  const changes = changesBetween(before, blocks());
  const shown = changes.length > 0 ? changes : ["nothing"];
  process.stdout.write(`Changed since ${lastRelease()}:\n${shown.map((change) => `  ${change}\n`).join("")}`);
  const changelog = readFileSync(join(PROJECT, "CHANGELOG.md"), "utf8");
  const unreleased = changelog.split(/^## /m).find((section) => section.startsWith("Unreleased\n"))!;
  const announces = (words: string) => new RegExp(`\\bPlan\\b[^.]*\\b(${words})`).test(unreleased);
  expect(changes.length === 0 || announces("created?|updated?|replaced?")).toBe(true);
  expect(!changes.some((change) => change.startsWith("-")) || announces("replaced?|removed?")).toBe(true);
}, 600_000);

test("what it synthesizes is handed over whole: each directory has every file it names", () => {
  const handover = commandsOf("docs/plain-terraform.md").slice(0, 3);
  expect(handover[0]).toBe("npx cdktf synth");
  inProgram(handover.join(" && "));
  const roots = join(directory, "handover");
  expect(readdirSync(roots).sort()).toEqual(stacks().sort());
  for (const stack of stacks()) {
    const text = readFileSync(join(roots, stack, "cdk.tf.json"), "utf8");
    expect(text).not.toContain(directory);
    for (const [, file] of text.matchAll(/file\(\\"([^"\\]+)\\"\)/g)) {
      expect(readFileSync(join(roots, stack, file!), "utf8")).not.toBe("");
    }
  }
}, 300_000);

function lastRelease(): string {
  const tags = execFileSync("git", ["tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  return tags.split("\n")[0] || "HEAD";
}

function checkOut(commit: string, destination: string): void {
  execSync(`git archive ${commit} | tar --extract --directory '${destination}'`, { cwd: PROJECT });
}

/** The path of the package that is packed from these files, with the compiler that is installed here. */
function packed(name: string, writeFiles: (directory: string) => void): string {
  const [files, destination] = [join(directory, name), join(directory, `${name}-package`)];
  for (const made of [files, destination]) mkdirSync(made);
  writeFiles(files);
  symlinkSync(join(PROJECT, "node_modules"), join(files, "node_modules"));
  execFileSync("npm", ["pack", "--pack-destination", destination], { cwd: files, stdio: "pipe" });
  return join(destination, readdirSync(destination)[0]!);
}

function stacks(): string[] {
  return Object.keys(JSON.parse(readFileSync(join(program, "cdktf.out", "manifest.json"), "utf8")).stacks);
}

/** Every block of the program's stacks, by its address. */
function blocks(): Blocks {
  const all = new Map<string, string>();
  for (const stack of stacks()) {
    const file = join(program, "cdktf.out", "stacks", stack, "cdk.tf.json");
    const { "//": _, ...sections } = JSON.parse(readFileSync(file, "utf8"));
    for (const kind of ["resource", "data"]) {
      for (const [type, named] of Object.entries<object>(sections[kind] ?? {})) {
        for (const [id, block] of Object.entries(named)) {
          all.set(`${stack}: ${kind} ${type}.${id}`, JSON.stringify(block));
        }
      }
    }
    const { resource: _resource, data: _data, ...rest } = sections;
    all.set(`${stack}: all else`, JSON.stringify(rest));
  }
  return all;
}

/** As a plan marks them. */
function changesBetween(older: Blocks, newer: Blocks): string[] {
  return [...new Set([...older.keys(), ...newer.keys()])].flatMap((address) => {
    if (older.get(address) === newer.get(address)) return [];
    return [`${!older.has(address) ? "+" : newer.has(address) ? "~" : "-"} ${address}`];
  });
}
