import { join } from "node:path";

/** mesh.yaml of the tests and the files it names; the top level's belong to whoever runs this program. */
export const FIXTURES = join(__dirname, "..", "fixtures");
