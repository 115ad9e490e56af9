import { spawnSync } from "node:child_process";
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
  expect(lines.at(-1)).toBe("e2e/README.md says what the demo needs and where it looks for it.");
});
