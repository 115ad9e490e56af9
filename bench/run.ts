/**
 * What a synth costs for 1, 10, 100 and 1,000 clusters, against the floor measured in the same run, in
 * processor time: machines differ and are noisy, and the ratios are what counts.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const PROJECT = join(__dirname, "..");
const SIZES = [1, 10, 100, 1000];

/** What one process took. */
interface Usage {
  readonly seconds: number;
  readonly megabytes: number;
}

const directory = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => rmSync(directory, { recursive: true }));

function measure(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Usage {
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

/** The best of three: what the program needs, rather than what the machine was doing. */
function best(times: number, run: () => Usage): Usage {
  const usages = Array.from({ length: times }, run);
  return {
    seconds: Math.min(...usages.map(({ seconds }) => seconds)),
    megabytes: Math.min(...usages.map(({ megabytes }) => megabytes)),
  };
}

/** The project's mesh.yaml with as many clusters. */
function meshOf(clusters: number): string {
  const mesh = parse(readFileSync(join(PROJECT, "mesh.yaml"), "utf8"));
  const [template] = mesh.clusters;
  mesh.clusters = Array.from({ length: clusters }, (_, index) => ({
    ...template,
    name: `cluster${index + 1}`,
    kubernetesCaCertificateFile: join(PROJECT, template.kubernetesCaCertificateFile),
  }));
  const file = join(directory, `mesh-${clusters}.yaml`);
  writeFileSync(file, stringify(mesh, { aliasDuplicateObjects: false }));
  return file;
}

function sizesOf(stacks: string): number[] {
  return readdirSync(stacks).map((stack) => statSync(join(stacks, stack, "cdk.tf.json")).size);
}

console.log("clusters   synth     floor   ratio   memory   ms per cluster");
for (const clusters of SIZES) {
  const repeats = clusters < 1000 ? 3 : 1;
  const outdir = join(directory, `out-${clusters}`);
  const env = { MESH_FILE: meshOf(clusters), CDKTF_OUTDIR: outdir };
  const synth = best(repeats, () => measure("main.ts", [], env));
  const sizes = sizesOf(join(outdir, "stacks")).map(String);
  const floor = best(3, () => measure("bench/floor.ts", [join(directory, "floor"), ...sizes]));
  console.log(
    [
      `${clusters}`.padStart(8),
      `${synth.seconds.toFixed(2)} s`.padStart(9),
      `${floor.seconds.toFixed(2)} s`.padStart(9),
      `${(synth.seconds / floor.seconds).toFixed(1)}`.padStart(6),
      `${synth.megabytes.toFixed(0)} MB`.padStart(9),
      `${((synth.seconds - floor.seconds) * (1000 / clusters)).toFixed(1)}`.padStart(10),
    ].join(" "),
  );
}
