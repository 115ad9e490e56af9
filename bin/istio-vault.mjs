#!/usr/bin/env node
import { existsSync } from "node:fs";

// A clone runs its sources, as npm start does; the package has only what they were compiled to.
const sources = new URL("../cli/main.ts", import.meta.url);
if (existsSync(sources)) {
  await import("tsx");
  await import(sources);
} else {
  await import("../dist/cli/main.js");
}
