import {
  exported,
  inputs,
  isOptional,
  isWritten,
  membersOf,
  summary,
  tag,
  unnamedTypes,
} from "../support/public-api";
import { lists, numbers, strings, values } from "../support/token-table";

const members = exported.flatMap((owner) => membersOf(owner).map((member) => ({ owner, member })));
const nameOf = ({ owner, member }: (typeof members)[number]) => `${owner.name}.${member.name}`;

test("everything exported has a docstring", () => {
  expect(exported.length).toBeGreaterThan(50);
  expect(exported.filter((symbol) => summary(symbol) === "").map(({ name }) => name)).toEqual([]);
});

test("every member of it has a docstring", () => {
  expect(members.length).toBeGreaterThan(200);
  expect(members.filter(({ member }) => summary(member) === "").map(nameOf)).toEqual([]);
});

test("what may be left out says what happens then", () => {
  const written = members.filter(({ owner }) => isWritten(owner));
  expect(written.length).toBeGreaterThan(100);
  const lacking = written.filter(({ member }) => isOptional(member) && !tag(member, "default"));
  expect(lacking.map(nameOf)).toEqual([]);
});

test("what must be written has no default", () => {
  const wrong = members.filter(({ member }) => !isOptional(member) && tag(member, "default") !== undefined);
  expect(wrong.map(nameOf)).toEqual([]);
});

test("no signature mentions a type an importer cannot name", () => {
  expect(unnamedTypes()).toEqual([]);
});

test("what only this program needs is not exported", () => {
  const names = exported.map(({ name }) => name);
  expect(names).not.toEqual(expect.arrayContaining(["rules"]));
  expect(
    names.filter((name) =>
      /^(rules?|VAULT_(ROOT|SHARED)_STACK|clusterVaultStack|PULL_REQUEST_EVENTS)$/.test(name),
    ),
  ).toEqual([]);
});

describe("what becomes of references is known for every", () => {
  /** Ids of constructs are cdktf's to check, and a chart's find() is called by constructs. */
  const given = inputs().filter(({ name }) => !/\((id|chart|version)\)$/.test(name));

  test.each([
    ["string", strings],
    ["readonly string[]", lists],
    ["number", numbers],
    ["Readonly<Record<string, unknown>>", values],
  ])("%s", (type, table) => {
    const names = given.filter((input) => input.type === type).map(({ name }) => name);
    expect([...new Set(names)].sort()).toEqual(Object.keys(table).sort());
  });

  test("and what is of no such type is a construct, a value type, a switch or one of a few words", () => {
    const types = new Set(given.map(({ type }) => type).filter((type) => /string|number|Record/.test(type)));
    expect([...types].sort()).toEqual([
      "Readonly<Record<string, unknown>>",
      "number",
      "readonly string[]",
      "string",
    ]);
  });
});
