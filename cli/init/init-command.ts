import { Argument, Option } from "commander";
import { shownLines } from "../../lib/private/shown";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import type { Pipeline } from "./program-files";

/** `istio-vault init`: the few files of a program that imports this package. */
export const initCommand: CommandModule = (program, terminal, done) => {
  program
    .command("init")
    .description("Write a new program: mesh.yaml, main.ts, and what cdktf and npm need.")
    .addArgument(new Argument("[directory]", "where to write it; created if missing").default("."))
    .addOption(
      new Option("--ci <system>", "also write pipelines that review, plan, deploy and renew").choices([
        "github",
        "gitlab",
      ]),
    )
    .action(async (directory: string, { ci }: { ci?: Pipeline }) => {
      const { programFiles } = await import("./program-files");
      const { writeNewFiles } = await import("./write-new-files");
      const written = writeNewFiles(directory, programFiles(directory, ci));
      for (const file of written) terminal.out(file);
      terminal.err(shownLines(nextSteps(directory, ci)));
      done(ExitCode.FINE);
    });
};

function nextSteps(directory: string, ci: Pipeline | undefined): string {
  const enter = directory === "." ? [] : [`cd ${directory}`];
  return [
    "",
    `Next: ${[...enter, "npm install", "npm start"].join(" && ")}`,
    "mesh.yaml and clusters/ are samples: replace them with your clusters and their API servers' CA certificates.",
    ...(ci
      ? ["docs/ci.md in the package says what to replace in the pipelines, and what they need in Vault."]
      : []),
  ].join("\n");
}
