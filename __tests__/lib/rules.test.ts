import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ValidationError } from "../../lib";
import { rules } from "../../lib/rules";
import { testStack } from "../support/synth";

const all = Object.values(rules);

test("ids have the form IV and four digits", () => {
  expect(all.map(({ id }) => id).filter((id) => !/^IV\d{4}$/.test(id))).toEqual([]);
});

test("ids are unique and in order", () => {
  const ids = all.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("no file's rule hides another file's of the same name", () => {
  const lib = join(__dirname, "..", "..", "lib");
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) =>
    /rules\.ts$/.test(file),
  );
  const written = files.flatMap(
    (file) => readFileSync(join(lib, file), "utf8").match(/(?<=")IV\d{4}(?=",)/g) ?? [],
  );
  expect(all.map(({ id }) => id)).toEqual(written.sort());
});

test("titles are unique and have no final period", () => {
  const titles = all.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.filter((title) => title.endsWith("."))).toEqual([]);
});

/** Which of a rule's facts is a list, where one is; all others are texts or numbers. */
const listAt: Record<string, number> = {
  notOneOf: 1,
  unknownRoot: 1,
  signingRootNotTrustedByAll: 2,
  roleBindingEmpty: 1,
  issuerStarters: 1,
  defaultRevisionNotListed: 1,
  chartsOfOneVersion: 1,
  gatewayRevision: 0,
};

test.each(Object.entries(rules))("%s makes a finding that says its id, level and page", (name, rule) => {
  const facts = [0, 1, 2, 3].map((index) => (listAt[name] === index ? ["x"] : "x"));
  const make = rule as (...facts: unknown[]) => ReturnType<typeof rules.fileVersion>;
  expect(make(...facts)).toEqual({
    rule: rule.id,
    level: rule.level,
    message: expect.not.stringMatching(/\.$|undefined/),
    page: `docs/rules.md#${rule.id.toLowerCase()}`,
  });
});

test("a message repeats no secret that was put in the wrong place", () => {
  expect(rules.kubernetesHostForm("https://admin:hunter2@10.0.0.1").message).toContain(
    '"kubernetesHost" is "https://(not shown)@10.0.0.1"; ',
  );
});

test("a list of clusters agrees with its verb", () => {
  const message = (without: string[]) => rules.signingRootNotTrustedByAll("one", "b", without).message;
  expect(message(["two"])).toMatch(/^one signs with root b, which two does not trust, /);
  expect(message(["two", "three"])).toMatch(/^one signs with root b, which two, three do not trust, /);
});

test("an unknown key names the nearest one, where there is one", () => {
  expect(rules.unknownKey("roots").message).toBe('unknown key; did you mean "roots"?');
  expect(rules.unknownKey(undefined).message).toBe("unknown key");
});

describe("an error", () => {
  const finding = rules.fileVersion();
  const words = 'this program reads version 1 of mesh.yaml; write "version: 1"';

  test("ends with rule and page", () => {
    expect(new ValidationError(finding).message).toBe(`${words} (IV0106; docs/rules.md#iv0106)`);
  });

  test("says which construct is concerned, and carries its finding", () => {
    const error = new ValidationError(finding, testStack());
    expect(error.message).toBe(`${words} (IV0106 at test; docs/rules.md#iv0106)`);
    expect(error).toMatchObject({ name: "ValidationError", finding });
  });
});
