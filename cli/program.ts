import { Command, CommanderError } from "commander";
import { MeshFileError } from "../config/mesh-file-error";
import { ValidationError } from "../lib";
import { shownLines } from "../lib/private/shown";
import { alertsCommand } from "./alerts/alerts-command";
import type { CommandModule } from "./command-line/command-module";
import { CommandError } from "./command-line/command-error";
import { completionCommand } from "./completion/completion-command";
import { EXIT_CODES_HELP, ExitCode } from "./command-line/exit-code";
import { packageJson } from "./command-line/package-root";
import { initCommand } from "./init/init-command";
import { issueCommand } from "./issue/issue-command";
import { lintCommand } from "./lint/lint-command";
import { policy } from "./policy/policy-command";
import { reportCommand } from "./report/report-command";
import { review } from "./review/review-command";
import { rotateCommand } from "./rotate/rotate-command";
import { showCommand } from "./show/show-command";
import { statusCommand } from "./status/status-command";
import type { Terminal } from "./command-line/terminal";

/** In the order `--help` lists them. Each loads what it needs when it runs. */
const commands: readonly CommandModule[] = [
  initCommand,
  showCommand,
  issueCommand,
  lintCommand,
  review,
  statusCommand,
  rotateCommand,
  reportCommand,
  alertsCommand,
  policy,
  completionCommand,
];

const MESH_FILE_HELP = `
The commands read mesh.yaml, or the file in MESH_FILE; init and lint --directory need none. A program of
constructs alone has none: write one that declares the same clusters and roots under the default names.
`;

/** Runs the command line `args`, without the program's own name. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code = ExitCode.FINE;
  const program = new Command("istio-vault")
    .description("Issue, check and watch the Istio CAs that a mesh keeps in Vault.")
    .version(packageJson().version)
    .option("--no-color", "for scripts that pass it to every program: nothing here is coloured")
    .addHelpText("after", `${MESH_FILE_HELP}${EXIT_CODES_HELP}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(shownLines(text.trimEnd())),
    });
  for (const add of commands) add(program, terminal, (result) => (code = result));
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

/** Prints what went wrong, for people; an unexpected error is a bug and keeps its stack trace. */
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
  terminal.err(shownLines(error instanceof Error ? (error.stack ?? error.message) : `${error}`));
  return ExitCode.UNKNOWN;
}
