import { runProgram } from "../../cli/program";
import type { Terminal } from "../../cli/command-line/terminal";

/** What a command line printed and ended with. */
export interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `istio-vault` in this process. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  const lines = { out: [] as string[], err: [] as string[] };
  const terminal: Terminal = {
    out: (text) => void lines.out.push(text),
    err: (text) => void lines.err.push(text),
    env,
    interactive: false,
  };
  const code = await runProgram(args, terminal);
  return { code, stdout: lines.out.join("\n"), stderr: lines.err.join("\n") };
}
