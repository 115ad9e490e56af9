import { Argument } from "commander";
import type { CommandModule } from "../command-line/command-module";
import { ExitCode } from "../command-line/exit-code";
import type { Shell } from "./scripts";

/** `istio-vault completion`: what a shell sources to complete the others. */
export const completionCommand: CommandModule = (program, terminal, done) => {
  program
    .command("completion")
    .description("Print a script by which a shell completes commands and options.")
    .addArgument(new Argument("<shell>", "the shell it is for").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", HELP)
    .action(async (shell: Shell) => {
      const { completionScript } = await import("./scripts");
      terminal.out(completionScript(shell, program));
      done(ExitCode.FINE);
    });
};

const HELP = `
  bash  source <(istio-vault completion bash)
  zsh   source <(istio-vault completion zsh), after compinit
  fish  istio-vault completion fish | source`;
