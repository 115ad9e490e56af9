import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PAGES } from "../lib/private/pages";
import { allRules } from "./support/all-rules";
import { declaredRules } from "./support/rule-cases";

const all = Object.values(allRules);
const ids = all.map(({ id }) => id);

test("ids have the form IV and four digits", () => {
  expect(ids.filter((id) => !/^IV\d{4}$/.test(id))).toEqual([]);
});

test("ids are unique, and in each file in order", () => {
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  for (const folder of ["lib", "config", "cli/lint", "cli/review", "cli/status"]) {
    const declared = declaredRules(folder).map(({ id }) => id);
    expect(declared).toEqual([...declared].sort());
  }
});

test("no part's rule hides another's of the same name", () => {
  const declared = ["lib", "config", "stacks", "cli"].flatMap((folder) => declaredRules(folder));
  expect(declared.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

test("titles are unique and have no final period", () => {
  const titles = all.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.filter((title) => title.endsWith("."))).toEqual([]);
});

test("every rule has a section in docs/rules.md with its title, in the order of ids", () => {
  const page = readFileSync(join(__dirname, "..", "docs", "rules.md"), "utf8");
  const sections = [...page.matchAll(/^### (IV\d{4})\n\n\*\*(.+)\.\*\*/gm)].map(
    ([, id, title]) => `${id} ${title}`,
  );
  expect(sections).toEqual(all.map(({ id, title }) => `${id} ${title}`).sort());
});

test("pages are read in the repository that package.json names", () => {
  const { repository } = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8"));
  expect(PAGES).toBe(`${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main`);
});

/** Which of a rule's facts is a list, where one is; all others are strings or numbers. */
const listAt: Record<string, number> = {
  notOneOf: 1,
  unknownRoot: 1,
  unknownGroup: 1,
  signingRootNotTrustedByAll: 2,
  roleBindingEmpty: 1,
  issuerTriggers: 1,
  defaultRevisionNotListed: 1,
  chartsOfOneVersion: 1,
  gatewayRevision: 0,
};

test.each(Object.entries(allRules))("%s makes a finding that says its id, level and page", (name, rule) => {
  const facts = [0, 1, 2, 3].map((index) => (listAt[name] === index ? ["x"] : "x"));
  const make = rule as (...facts: unknown[]) => ReturnType<typeof allRules.fileVersion>;
  expect(make(...facts)).toEqual({
    rule: rule.id,
    level: rule.level,
    message: expect.not.stringMatching(/\.$|undefined/),
    page: `docs/rules.md#${rule.id.toLowerCase()}`,
  });
});
