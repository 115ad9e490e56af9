import { execFileSync } from "node:child_process";
import { ExitCode } from "../../../cli/command-line/exit-code";
import { runCommand } from "../../support/terminal";

const script = async (shell: string) => (await runCommand(["completion", shell])).stdout;

/** What bash offers after a line, by the script itself. */
async function offered(...line: string[]): Promise<string[]> {
  const words = line.map((word) => `'${word}'`).join(" ");
  const asked = `COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _istio_vault; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = execFileSync("bash", ["-c", `${await script("bash")}\n${asked}`], { encoding: "utf8" });
  return answer.trim().split("\n");
}

test("bash completes commands, the values of an argument, and options", async () => {
  expect(await offered("istio-vault", "s")).toEqual(["show", "status"]);
  expect(await offered("istio-vault", "policy", "p")).toEqual(["planner"]);
  expect(await offered("istio-vault", "status", "--ga")).toEqual(["--gate"]);
});

test.each(["zsh", "fish"])("%s is told of each command and its options", async (shell) => {
  const text = await script(shell);
  for (const command of [
    "init",
    "show",
    "issue",
    "lint",
    "review",
    "status",
    "rotate",
    "report",
    "alerts",
    "policy",
  ]) {
    expect(text).toMatch(new RegExp(`\\b${command}\\b`));
  }
  expect(text).toContain(shell === "fish" ? "-l gate" : "--gate");
});

test("fails for a shell that it does not know", async () => {
  const { code, stderr } = await runCommand(["completion", "ksh"]);
  expect(code).toBe(ExitCode.USAGE);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish.");
});
