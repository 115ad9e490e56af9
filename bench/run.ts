/**
 * What the project costs as a mesh grows to 1,000 clusters: a synth against a floor, a review against two synths, the status of
 * clusters that take a second to answer, and, where Vault and Terraform are at hand, a deploy of all and a change of one in Vault.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "../e2e/processes";
import { benchPlan } from "./plan";
import { benchReview } from "./review";
import { benchStatus } from "./status";
import { benchSynth } from "./synth";

const directory = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => {
  killAll();
  rmSync(directory, { recursive: true, maxRetries: 5 });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

async function main(): Promise<void> {
  benchSynth(directory);
  console.log();
  benchReview(directory);
  console.log();
  await benchStatus(directory);
  console.log();
  await benchPlan(directory);
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);
