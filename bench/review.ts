import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyWorkingCopy } from "../__tests__/support/working-copy";
import { ExitCode } from "../cli/command-line/exit-code";
import { best, measure } from "./measure";
import { PROJECT, writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [10, 100, 1000];

/** What a review of a change of one cluster takes of the processor besides the two synths that it runs. */
export function benchReview(directory: string): void {
  const program = join(directory, "program");
  mkdirSync(program);
  copyWorkingCopy(program);
  symlinkSync(join(PROJECT, "node_modules"), join(program, "node_modules"));
  const mesh = join(program, "mesh.yaml");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.com", ...args], {
      cwd: program,
    });
  git("init", "--quiet");

  const print = printTable(["clusters", "two synths", "review besides", "ratio", "memory"]);
  for (const clusters of SIZES) {
    writeMesh(mesh, clusters);
    git("add", "--all");
    git("commit", "--quiet", "--message", `${clusters} clusters`);
    const synth = best(3, () => measure("main.ts", [], { cwd: program }));
    const changed = readFileSync(mesh, "utf8").replace(
      "name: cluster1\n",
      "name: cluster1\n    helmTimeout: 11m\n",
    );
    writeFileSync(mesh, changed);
    const args = ["review", "--base", "HEAD"];
    const review = best(3, () =>
      measure("cli/main.ts", args, { cwd: program, ends: [ExitCode.FINE, ExitCode.REFUSED] }),
    );
    const synths = 2 * synth.seconds;
    print([
      `${clusters}`,
      inSeconds(synths),
      inSeconds(review.seconds),
      ((synths + review.seconds) / synths).toFixed(2),
      `${review.megabytes.toFixed(0)} MB`,
    ]);
  }
}
