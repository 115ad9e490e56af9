import { join } from "node:path";
import { output } from "../e2e/command";
import { PROJECT, writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [10, 100, 1000];

/** What `istio-vault status` takes where each cluster answers in a second. */
export async function benchStatus(directory: string): Promise<void> {
  const print = printTable(["clusters", "status", "memory"]);
  for (const clusters of SIZES) {
    const mesh = writeMesh(join(directory, `status-${clusters}.yaml`), clusters);
    const child = ["--import", "tsx", join("bench", "answering-clusters.ts"), mesh];
    const { seconds, megabytes } = JSON.parse(await output(process.execPath, child, { cwd: PROJECT }));
    print([`${clusters}`, inSeconds(seconds), `${megabytes.toFixed(0)} MB`]);
  }
}
