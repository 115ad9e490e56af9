import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { page } from "../../cli/report/page";
import { PICTURES, takePictures } from "./browser";
import { liveFacts } from "./report-facts";

/** `npm run pictures`: makes the pictures of the report again. */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "pictures-"));
  try {
    await takePictures(page(liveFacts(5)), directory);
    for (const name of PICTURES) renameSync(join(directory, name), join("docs", "images", name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

void main();
