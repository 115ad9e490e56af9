import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode } from "../../cli/command-line/exit-code";
import { runCommand } from "../support/terminal";

test("prints its help with the exit codes, as data", async () => {
  const { code, stdout, stderr } = await runCommand(["--help"]);
  expect(code).toBe(ExitCode.FINE);
  expect(stdout).toContain("Usage: istio-vault");
  expect(stdout).toContain("64 usage · 124 --wait timed out");
  expect(stderr).toBe("");
});

test("an unexpected error keeps its stack trace, without what it quotes", async () => {
  jest.doMock("../../config/load-mesh", () => ({
    loadMesh: () => JSON.parse("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0"),
  }));
  const { code, stdout, stderr } = await runCommand(["policy", "status"]);
  expect(code).toBe(ExitCode.UNKNOWN);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^SyntaxError: .*\n {4}at /);
  expect(stderr).not.toContain("eyJ");
});

test("spells out what a terminal obeys in an option", async () => {
  const { stderr } = await runCommand(["--\u001b[2J"]);
  expect(stderr).toContain("unknown option '--\\u001b[2J'");
});

test("prints its version", async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
  expect(await runCommand(["--version"])).toEqual({ code: ExitCode.FINE, stdout: version, stderr: "" });
});

test("takes --no-color anywhere, and colours nothing with or without it", async () => {
  const [plain, before, after] = await Promise.all([
    runCommand(["completion", "bash"]),
    runCommand(["--no-color", "completion", "bash"]),
    runCommand(["completion", "bash", "--no-color"]),
  ]);
  expect([before, after]).toEqual([plain, plain]);
  expect(plain.stdout).not.toContain("\u001b");
});

test("fails on an unknown option with the usage code", async () => {
  const { code, stdout, stderr } = await runCommand(["--nonsense"]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stdout).toBe("");
  expect(stderr).toContain("unknown option '--nonsense'");
});
