/**
 * What the project costs: synth for 1, 10, 100 and 1,000 clusters against a floor, and, where Vault and
 * Terraform are at hand, a change of one cluster in Vault among 2, 20 and 100.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "../e2e/processes";
import { benchPlan } from "./plan";
import { benchSynth } from "./synth";

const directory = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => {
  killAll();
  rmSync(directory, { recursive: true, maxRetries: 5 });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

benchSynth(directory);
console.log();
benchPlan(directory).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);
