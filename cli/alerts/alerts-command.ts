import { InvalidArgumentError, Option } from "commander";
import { CommandError } from "../command-line/command-error";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import { type Source, SOURCES } from "./alert";

interface Options {
  readonly cluster?: string;
  readonly source: readonly Source[];
  readonly pages: string;
}

/** `istio-vault alerts`: a mesh's rules for Prometheus. */
export const alertsCommand: CommandModule = (program, terminal, done) => {
  program
    .command("alerts")
    .description("Print a rules file for Prometheus: what to be told of, with thresholds from mesh.yaml.")
    .option(
      "-c, --cluster <name>",
      "for this cluster's own Prometheus; without it, for one that sees all by the label cluster",
    )
    .addOption(
      new Option("-s, --source <name...>", "only what is told by these")
        .choices([...SOURCES])
        .default([...SOURCES], "all"),
    )
    .option("--pages <url>", "where docs/ is read, for the links to runbooks", pagesUrl, "")
    .addHelpText("after", HELP)
    .action(async ({ cluster: name, source: sources, pages }: Options) => {
      const { loadMesh } = await import("../../config/load-mesh");
      const { rulesFile } = await import("./rules-file");
      const mesh = loadMesh(meshFile(terminal.env));
      const cluster = mesh.clusters.find((candidate) => candidate.name === name);
      if (name !== undefined && !cluster) {
        const known = mesh.clusters.map((candidate) => candidate.name).join(", ");
        throw new CommandError(`no cluster "${name}"; there are: ${known}`, ExitCode.USAGE);
      }
      terminal.out(rulesFile(mesh, { cluster, sources, pages }).trimEnd());
      done(ExitCode.FINE);
    });
};

const HELP = `
Needs no credential. docs/alerts.md says what to scrape, what each alert means and what to do; MESH_FILE names another
mesh.yaml.`;

/** Up to the folder that holds docs, such as https://git.example.com/mesh/blob/main. */
function pagesUrl(text: string): string {
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError(
      'Write the URL of the folder that holds docs, such as "https://git.example.com/mesh/blob/main".',
    );
  }
  return text.endsWith("/") ? text : `${text}/`;
}
