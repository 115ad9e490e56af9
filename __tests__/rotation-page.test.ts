import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shortcutTable } from "./support/shortcut-table";

const page = readFileSync(join(__dirname, "..", "docs", "rotate-a-root.md"), "utf8");

test("the page shows the shortcuts that are forced on a real mesh", () => {
  expect(page).toContain(`\n\n${shortcutTable()}\n`);
});
