import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandsOf, documentedCommands, DOCUMENTS } from "./support/documented-commands";

const PROJECT = join(__dirname, "..");

test.each(DOCUMENTS)("each command of %s is run by something", (document) => {
  const commands = commandsOf(document);
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.filter((command) => documentedCommands[command] === undefined)).toEqual([]);
});

test.each(Object.entries(documentedCommands))("%s is run where the table says", (_, { file, text }) => {
  expect(readFileSync(join(PROJECT, file), "utf8")).toContain(text);
});

test("the table names no command that no document shows", () => {
  const shown = DOCUMENTS.flatMap(commandsOf);
  expect(Object.keys(documentedCommands).filter((command) => !shown.includes(command))).toEqual([]);
});
