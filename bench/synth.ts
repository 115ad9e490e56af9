import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PROJECT, writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [1, 10, 100, 1000];

/** What one process took. */
interface Usage {
  readonly seconds: number;
  readonly megabytes: number;
}

/**
 * What a synth costs against the floor measured in the same run, in processor time: machines differ and
 * are noisy, and the ratios are what counts.
 */
export function benchSynth(directory: string): void {
  const print = printTable([
    "clusters",
    " synth",
    " floor",
    "ratio",
    "growth",
    "memory",
    " floor",
    "ms per cluster",
  ]);
  let before: Usage | undefined;
  for (const clusters of SIZES) {
    const outdir = join(directory, `out-${clusters}`);
    const mesh = writeMesh(join(directory, `mesh-${clusters}.yaml`), clusters);
    const env = { MESH_FILE: mesh, CDKTF_OUTDIR: outdir };
    const synth = best(clusters < 1000 ? 3 : 1, () => measure(directory, "main.ts", [], env));
    const sizes = sizesOf(join(outdir, "stacks")).map(String);
    const floor = best(3, () => measure(directory, "bench/floor.ts", [join(directory, "floor"), ...sizes]));
    print([
      `${clusters}`,
      inSeconds(synth.seconds),
      inSeconds(floor.seconds),
      (synth.seconds / floor.seconds).toFixed(1),
      before ? `x${(synth.seconds / before.seconds).toFixed(1)}` : "",
      `${synth.megabytes.toFixed(0)} MB`,
      `${floor.megabytes.toFixed(0)} MB`,
      ((synth.seconds - floor.seconds) * (1000 / clusters)).toFixed(1),
    ]);
    before = synth;
  }
}

function measure(
  directory: string,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Usage {
  const usage = join(directory, "usage.json");
  const options = ["--require", join(__dirname, "usage.cjs"), "--import", "tsx", script, ...args];
  const { status, stderr } = spawnSync(process.execPath, options, {
    cwd: PROJECT,
    encoding: "utf8",
    env: { ...process.env, BENCH_USAGE: usage, ...env },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(usage, "utf8"));
}

/** The best of several: what the program needs, rather than what the machine was doing. */
function best(times: number, run: () => Usage): Usage {
  const usages = Array.from({ length: times }, run);
  return {
    seconds: Math.min(...usages.map(({ seconds }) => seconds)),
    megabytes: Math.min(...usages.map(({ megabytes }) => megabytes)),
  };
}

function sizesOf(stacks: string): number[] {
  return readdirSync(stacks).map((stack) => statSync(join(stacks, stack, "cdk.tf.json")).size);
}
