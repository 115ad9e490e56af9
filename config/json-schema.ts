import { writeFileSync } from "node:fs";
import { z } from "zod";
import { writtenMesh } from "./schema";

/** The JSON schema of mesh.yaml, for editors: what a person writes, before defaults are filled in. */
export function meshJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(writtenMesh, { io: "input" }), undefined, 2)}\n`;
}

if (require.main === module) {
  writeFileSync("mesh.schema.json", meshJsonSchema());
}
