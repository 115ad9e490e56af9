import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIXTURES } from "../support/fixtures";

const PROJECT = join(__dirname, "..", "..");

test("a synth whose output cannot be written says so in one line, and leaves no stack half-written", () => {
  const directory = mkdtempSync(join(tmpdir(), "synth-"));
  const output = join(directory, "cdktf.out");
  // No file may be longer than 8 KiB: as a full disk, it ends a write in the middle.
  const { status, stdout, stderr } = spawnSync("bash", ["-c", "ulimit -f 8; node --import tsx main.ts"], {
    cwd: PROJECT,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: output, MESH_FILE: join(FIXTURES, "mesh.yaml") },
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr: `${output} cannot be written: EFBIG; the stacks in it are removed, synthesize again\n`,
  });
  expect(existsSync(join(output, "stacks", "vault-shared", "cdk.tf.json"))).toBe(false);
  rmSync(directory, { recursive: true });
});

test("a synth whose output nobody reads to its end leaves no stack trace, and ends as it would have", () => {
  const directory = mkdtempSync(join(tmpdir(), "synth-"));
  const { status, stderr } = spawnSync("bash", ["-c", "set -o pipefail; node --import tsx main.ts | true"], {
    cwd: PROJECT,
    encoding: "utf8",
    env: {
      ...process.env,
      CDKTF_OUTDIR: join(directory, "cdktf.out"),
      MESH_FILE: join(FIXTURES, "mesh.yaml"),
    },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  rmSync(directory, { recursive: true });
});
