import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../lib/rules";

const all = Object.values(rules);
const page = readFileSync(join(__dirname, "..", "docs", "rules.md"), "utf8");

test("every rule has a section with its title, in the order of ids", () => {
  const sections = [...page.matchAll(/^### (IV\d{4})\n\n\*\*(.+)\.\*\*/gm)].map(
    ([, id, title]) => `${id} ${title}`,
  );
  expect(sections).toEqual(all.map(({ id, title }) => `${id} ${title}`).sort());
});
