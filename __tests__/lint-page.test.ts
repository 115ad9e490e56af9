import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agreementTable } from "./support/agreement-table";
import { ISTIO_VERSIONS, verdicts } from "./support/plugin-ca-verdicts";

const page = readFileSync(join(__dirname, "..", "docs", "lint.md"), "utf8");

test("the page holds the verdicts that e2e compares with istiod", () => {
  expect(page).toContain(`\n\n${agreementTable()}\n`);
});

test("the page says how many there are, and of which istiod", () => {
  const explained = Object.values(verdicts).filter(({ why }) => why !== undefined).length;
  expect(page).toContain(
    `${Object.keys(verdicts).length} sets of files on istiod ${ISTIO_VERSIONS.join(", ")}`,
  );
  expect(page).toContain(`disagree on ${explained},`);
});
