import { Command, CommanderError } from "commander";
import { MeshFileError } from "../config/mesh-file-error";
import { ValidationError } from "../lib";
import { alertsCommand } from "./alerts/alerts-command";
import { CommandError } from "./command-error";
import { EXIT_CODES_HELP, ExitCode } from "./exit-code";
import { initCommand } from "./init/init-command";
import { issueCommand } from "./issue/issue-command";
import { lintCommand } from "./lint/command";
import { policy } from "./policy";
import { review } from "./review/command";
import { statusCommand } from "./status/status-command";
import type { Terminal } from "./terminal";

/** Adds one command to the program; its action resolves with the exit code. */
export type CommandModule = (program: Command, terminal: Terminal, done: (code: ExitCode) => void) => void;

/** In the order `--help` lists them. Each loads what it needs when it runs. */
const commands: readonly CommandModule[] = [
  initCommand,
  issueCommand,
  lintCommand,
  review,
  statusCommand,
  alertsCommand,
  policy,
];

/** Runs the command line `args`, without the program's own name. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code = ExitCode.FINE;
  const program = new Command("istio-vault")
    .description("Keeps the Istio CAs of a mesh in Vault: issues, checks and explains them.")
    .addHelpText("after", EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  for (const add of commands) add(program, terminal, (result) => (code = result));
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

/** What went wrong, for people; anything unforeseen is ours, and keeps its trace. */
function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.FINE : ExitCode.USAGE;
  if (error instanceof CommandError) {
    terminal.err(error.message);
    return error.exitCode;
  }
  if (error instanceof MeshFileError || error instanceof ValidationError) {
    terminal.err(error.message);
    return ExitCode.USAGE;
  }
  throw error;
}
