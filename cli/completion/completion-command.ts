import { Argument } from "commander";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { Shell } from "./scripts";

/** `istio-vault completion`: what a shell sources to complete the others. */
export const completionCommand: CommandModule = (program, terminal, done) => {
  program
    .command("completion")
    .description("Print a script by which a shell completes commands, options and names of clusters.")
    .addArgument(new Argument("<shell>", "the shell it is for").choices(["bash", "zsh", "fish", CLUSTERS]))
    .addHelpText("after", HELP)
    .action(async (shell: Shell | typeof CLUSTERS) => {
      if (shell === CLUSTERS) {
        const { clusterNames } = await import("./cluster-names");
        for (const name of clusterNames(meshFile(terminal.env))) terminal.out(name);
      } else {
        const { completionScript } = await import("./scripts");
        terminal.out(completionScript(shell, program));
      }
      done(ExitCode.FINE);
    });
};

/** In place of a shell: what the scripts ask for. */
const CLUSTERS = "clusters";

const HELP = `
  bash  source <(istio-vault completion bash)
  zsh   source <(istio-vault completion zsh), after compinit
  fish  istio-vault completion fish | source

The scripts run "istio-vault completion clusters", which prints the names in mesh.yaml.`;
