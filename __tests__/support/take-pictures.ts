import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { page } from "../../cli/report/page";
import { SEEN, takePictures } from "./browser";
import { liveFacts } from "./report-facts";

/** `npm run pictures`: makes the pictures of the report again, and writes down what is seen in them. */
async function main(directory = join("docs", "images")): Promise<void> {
  writeFileSync(join(directory, SEEN), await takePictures(page(liveFacts(5)), directory));
}

void main(process.argv[2]);
