import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROJECT = join(__dirname, "..", "..");

test("npm run demo names every program it misses, and starts nothing", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "e2e/demo/run.ts"], {
    cwd: PROJECT,
    encoding: "utf8",
    env: { PATH: "/nowhere" },
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  const lines = stderr.trim().split("\n");
  expect(lines).toContain("missing: vault is neither in E2E_BIN nor in PATH");
  expect(lines).toContain("missing: no unpacked chart vault in E2E_CHARTS=");
  expect(lines).toContain("missing: no istiod 1.31 in E2E_ISTIO=");
  expect(lines.at(-1)).toBe(
    "`npm run programs` fetches most of them; e2e/README.md has the rest, and says where they are looked for.",
  );
});

test("npm run programs lists what it would fetch, and without an answer fetches nothing", () => {
  const directory = join(tmpdir(), "programs-of-nobody");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "e2e/fetch/run.ts", directory],
    { cwd: PROJECT, encoding: "utf8", env: { PATH: "/nowhere" }, input: "" },
  );
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(stderr).toMatch(/^ {2}vault \d+\.\d+\.\d+$/m);
  expect(stderr).toContain(`Fetch these from their projects into ${directory}? [y/N]`);
  expect(existsSync(directory)).toBe(false);
});
