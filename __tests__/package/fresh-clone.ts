import { execSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandsOf, documentedCommands, DOCUMENTS, FRESH_CLONE } from "../support/documented-commands";

/** What a newcomer's clone holds, and every documented command that needs no engine, in the order it is shown. */

/** A clone's first command, by CONTRIBUTING.md; README.md begins with the package. */
const INSTALL = "npm ci";

const PROJECT = join(__dirname, "..", "..");
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "clone-"));
  const listed = execSync("git ls-files --cached --others --exclude-standard", {
    cwd: PROJECT,
    encoding: "utf8",
  });
  for (const file of listed.trim().split("\n")) {
    cpSync(join(PROJECT, file), join(clone, file), { recursive: true });
  }
});

afterAll(() => rmSync(clone, { recursive: true }));

const commands = [...new Set([INSTALL, ...DOCUMENTS.flatMap(commandsOf)])];

test.each(commands.filter((command) => documentedCommands[command] === FRESH_CLONE))(
  "%s",
  (command) => {
    execSync(command, { cwd: clone, encoding: "utf8", stdio: "pipe" });
  },
  600_000,
);
