import { ExitCode } from "../../cli/command-line/exit-code";
import { runCommand } from "../support/terminal";

test("prints its help with the exit codes, as data", async () => {
  const { code, stdout, stderr } = await runCommand(["--help"]);
  expect(code).toBe(ExitCode.FINE);
  expect(stdout).toContain("Usage: istio-vault");
  expect(stdout).toContain("64 usage · 124 --wait timed out");
  expect(stderr).toBe("");
});

test("fails on an unknown option with the usage code", async () => {
  const { code, stdout, stderr } = await runCommand(["--nonsense"]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stdout).toBe("");
  expect(stderr).toContain("unknown option '--nonsense'");
});
