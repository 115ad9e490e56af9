import { execSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandsOf, documentedCommands, DOCUMENTS, FRESH_CLONE } from "../support/documented-commands";
import { copyWorkingCopy } from "../support/working-copy";

/** What a newcomer's clone holds, and every documented command that needs no engine, in the order it is shown. */

/** A clone's first command, by CONTRIBUTING.md; README.md begins with the package. */
const INSTALL = "npm ci";

let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "clone-"));
  copyWorkingCopy(clone);
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
