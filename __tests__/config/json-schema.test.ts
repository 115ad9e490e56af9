import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meshJsonSchema } from "../../config/json-schema";

test("mesh.schema.json is current: npm run schema", () => {
  expect(readFileSync(join(__dirname, "..", "..", "mesh.schema.json"), "utf8")).toBe(meshJsonSchema());
});

test("every key says what it is, for editors", () => {
  expect(undescribed(JSON.parse(meshJsonSchema()), "mesh.yaml")).toEqual([]);
});

type Node = Readonly<Record<string, unknown>>;

function undescribed(node: Node, path: string): string[] {
  const keys = Object.entries((node.properties ?? {}) as Record<string, Node>);
  const below = [node.items, node.additionalProperties, node.anyOf, node.oneOf].flat();
  return [
    ...keys.flatMap(([key, value]) => [
      ...(value.description === undefined ? [`${path}.${key}`] : []),
      ...undescribed(value, `${path}.${key}`),
    ]),
    ...below.flatMap((each) =>
      typeof each === "object" && each !== null ? undescribed(each as Node, path) : [],
    ),
  ];
}
