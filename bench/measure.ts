import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "./mesh";

/** What one process took, without those it starts. */
export interface Usage {
  readonly seconds: number;
  readonly megabytes: number;
}

/** Runs a program of the project, and says what it took of the processor and of memory. */
export function measure(
  script: string,
  args: readonly string[],
  {
    cwd = PROJECT,
    env,
    ends = [0],
  }: { cwd?: string; env?: NodeJS.ProcessEnv; ends?: readonly number[] } = {},
): Usage {
  const directory = mkdtempSync(join(tmpdir(), "usage-"));
  const usage = join(directory, "usage.json");
  const options = ["--require", join(__dirname, "usage.cjs"), "--import", "tsx", script, ...args];
  const { status, stderr } = spawnSync(process.execPath, options, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, BENCH_USAGE: usage, ...env },
    maxBuffer: Infinity,
  });
  try {
    if (!ends.includes(status!)) throw new Error(stderr);
    return JSON.parse(readFileSync(usage, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The best of several: what the program needs, rather than what the machine was doing. */
export function best(times: number, run: () => Usage): Usage {
  const usages = Array.from({ length: times }, run);
  return {
    seconds: Math.min(...usages.map(({ seconds }) => seconds)),
    megabytes: Math.min(...usages.map(({ megabytes }) => megabytes)),
  };
}
