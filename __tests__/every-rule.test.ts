import { declaredRules, countStated, ruleUses, writtenTexts } from "./support/rule-cases";

/** Folders that make findings; each is tested in the folder of the same name under __tests__. */
const FOLDERS = ["lib", "config", "stacks", "cli"];

const declared = FOLDERS.flatMap(declaredRules);
const uses = new Map(FOLDERS.map((folder) => [folder, ruleUses(folder)]));

test("every rule is used", () => {
  const used = new Set([...uses.values()].flatMap((byRule) => [...byRule.keys()]));
  expect(declared.filter(({ name }) => !used.has(name)).map(({ name, id }) => `${name} (${id})`)).toEqual([]);
});

test.each(FOLDERS)(
  "every place in %s that finds a mistake has a case that states its whole message",
  (folder) => {
    const texts = writtenTexts(`__tests__/${folder}`);
    const lacking = declared.flatMap((rule) => {
      const places = uses.get(folder)!.get(rule.name) ?? [];
      const stated = countStated(rule, texts);
      return stated >= places.length
        ? []
        : [
            `${rule.name} (${rule.id}) is found at ${places.join(", ")}; its whole message stands ${stated} of ${places.length} times in __tests__/${folder}: add a case there, with all of the message up to its id`,
          ];
    });
    expect(lacking).toEqual([]);
  },
);
