import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { best, measure, type Usage } from "./measure";
import { writeMesh } from "./mesh";
import { inSeconds, printTable } from "./table";

const SIZES = [1, 10, 100, 1000];

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
    const synth = best(3, () => measure("main.ts", [], { env }));
    const sizes = sizesOf(join(outdir, "stacks")).map(String);
    const floor = best(3, () => measure("bench/floor.ts", [join(directory, "floor"), ...sizes]));
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

function sizesOf(stacks: string): number[] {
  return readdirSync(stacks).map((stack) => statSync(join(stacks, stack, "cdk.tf.json")).size);
}
