import { leafGenerationOf, leafLineOf, leafLines } from "../../../lib/private/leaf-generation";

test("one generation's text holds the next one's, or is held in it, to the letter", () => {
  const file = (generation: number) => ["A", "B", ...leafLines(generation)].join("\n") + "\n";
  for (const generation of [1, 2, 3, 4]) {
    const [one, next] = [file(generation), file(generation + 1)];
    expect(one).not.toBe(next);
    expect(one.includes(next) || next.includes(one)).toBe(true);
  }
});

test("is read again from a bundle", () => {
  expect(leafLineOf(`A\n${leafLines(12)[0]}\n`)).toBe("# leaf generation 12");
  expect(leafLineOf("A\n# by hand\n")).toBeUndefined();
});

test.each([
  ["# leaf generation 4", 5, 4],
  [undefined, 1, 1],
  [undefined, 2, 1],
  [undefined, 3, 3],
])("a bundle with %p, where %d is declared, is of generation %d", (line, declared, generation) => {
  expect(leafGenerationOf(line, declared)).toBe(generation);
});
