import { RULES_PAGE } from "../../lib/private/pages";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { Terminal } from "../command-line/terminal";
import { inspector, serviceAccount, serviceAccountOption } from "../status/inspector";
import type { ReportFacts } from "./facts";

interface Options {
  readonly live?: true;
  readonly serviceAccount: string;
  readonly base?: string;
}

/** `istio-vault report`: the mesh's trust as one page. */
export const reportCommand: CommandModule = (program, terminal, done) => {
  program
    .command("report")
    .description("Print the mesh's trust as one HTML page: roots, clusters, lifetimes, access, findings.")
    .option("--live", "show what runs: ask Vault and each cluster's istiod, as istio-vault status does")
    .addOption(serviceAccountOption())
    .option("--base <ref>", "also show what changes since the merge base with this branch or commit")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      const { page } = await import("./page");
      terminal.out(page(await factsOf(options, terminal)));
      done(ExitCode.FINE);
    });
};

const HELP = `
  istio-vault report > report.html

The page needs no network and no script, and holds no secret. Without --live it needs no credential. With --live the same as
istio-vault status; what cannot be reached is shown as such. --base runs the programs of both commits, as istio-vault review
does. The exit code is 0 whatever the page says: for a job that must fail, use status or review.
Rules: ${RULES_PAGE}`;

async function factsOf({ live, base, ...options }: Options, terminal: Terminal): Promise<ReportFacts> {
  const account = serviceAccount(options.serviceAccount);
  const shown = base === undefined ? await declared(terminal) : await changed(base, terminal);
  const asked = { mesh: shown.mesh, account, gate: true, drift: true };
  const inspect = live && (await inspector("istio-vault report --live", asked, terminal));
  const status = inspect ? await inspect("checking") : undefined;
  return { change: undefined, ...shown, status, at: status?.at ?? new Date() };
}

async function declared({ env }: Terminal) {
  const { loadMesh } = await import("../../config/load-mesh");
  const { VaultSide } = await import("../review/access-changes");
  const { declaredStacks } = await import("./declared-stacks");
  const mesh = loadMesh(meshFile(env));
  return { mesh, vault: new VaultSide(declaredStacks(mesh), mesh.clusters) };
}

/** The mesh of this working copy beside that of the merge base. */
async function changed(ref: string, terminal: Terminal) {
  const { compare } = await import("../review/compare");
  const { changeFacts } = await import("./reported-change");
  const { base, head, commits } = await compare(ref, process.cwd(), terminal);
  return changeFacts(base, head, commits);
}
