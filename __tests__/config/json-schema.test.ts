import { readFileSync } from "node:fs";
import { join } from "node:path";
import { meshJsonSchema } from "../../config/json-schema";

test("mesh.schema.json is current: npm run schema", () => {
  expect(readFileSync(join(__dirname, "..", "..", "mesh.schema.json"), "utf8")).toBe(meshJsonSchema());
});
