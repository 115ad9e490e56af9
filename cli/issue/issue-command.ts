import { readFileSync, writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { ClusterConfig, Mesh } from "../../config/mesh";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { unknownCluster } from "../command-line/unknown-cluster";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import type { Terminal } from "../command-line/terminal";
import type { Outcome } from "./issuer";
import type { ReportFormat } from "./report";
import { targetOf } from "../vault/target";

/** When an intermediate is due: the share of its lifetime that is used. */
export const DEFAULT_MARGIN = "66%";

/** Vault signs with one key; more at once would only wait there. */
const AT_ONCE = 8;

interface Options {
  readonly cluster?: string[];
  readonly all?: boolean;
  readonly due?: boolean;
  readonly declared?: boolean;
  readonly expiresIn: string;
  readonly dryRun?: boolean;
  readonly csrOut?: string;
  readonly certificateIn?: string;
  readonly output: ReportFormat;
}

export const issueCommand: CommandModule = (program, terminal, done) => {
  program
    .command("issue")
    .description(
      "Issue or renew the intermediates of clusters with issuance deploy or external, and write them to Vault.",
    )
    .option("-c, --cluster <name...>", "only these clusters")
    .option("--all", "every cluster with issuance deploy or external")
    .option("--due", "only intermediates that are due, of the named clusters or of all")
    .option("--declared", "only for Terraform, which runs it in a deploy with issuance deploy")
    .option(
      "--expires-in <margin>",
      "when an intermediate is due: share of its lifetime used, or time left",
      DEFAULT_MARGIN,
    )
    .option("--dry-run", "print what would be issued; needs no permission to issue")
    .option(
      "--csr-out <file>",
      "for one cluster whose root signs outside Vault: write the certificate signing request",
    )
    .option("--certificate-in <file>", "import the signed certificate and its chain")
    .addOption(new Option("-o, --output <format>").choices(["table", "short", "json"]).default("table"))
    .addHelpText("after", HELP)
    .action(async (options: Options, command: Command) => done(await run(options, command, terminal)));
};

const HELP = `
Logs in with VAULT_TOKEN; VAULT_ROLE_ID and VAULT_SECRET_ID; VAULT_ID_TOKEN, or GitHub's own token within a job;
a pod's token if mesh.yaml's issuer says so; or the token that vault login stored. MESH_FILE names another mesh.yaml.`;

async function run(options: Options, command: Command, terminal: Terminal): Promise<ExitCode> {
  if (options.declared) return declared(options, terminal);
  if (!options.cluster && !options.all && !options.due) {
    command.error("error: no clusters selected; use --cluster <name>, --all or --due");
  }
  const { loadMesh } = await import("../../config/load-mesh");
  const { parseMargin } = await import("./due");
  const mesh = loadMesh(meshFile(terminal.env));
  const clusters = chosen(mesh, options);
  const margin = parseMargin(options.expiresIn);

  const { connect } = await import("../vault/connect");
  const { logIn } = await import("../vault/login");
  const vault = await logIn(connect(mesh.vault, terminal.env), mesh, terminal.env);
  const targets = clusters.map((cluster) => targetOf(mesh, cluster));

  if (options.csrOut !== undefined || options.certificateIn !== undefined) {
    const { OfflineIssue } = await import("./offline");
    if (targets.length !== 1)
      command.error("error: --csr-out and --certificate-in need exactly one cluster; use --cluster <name>");
    return offline(new OfflineIssue(vault, targets[0]), targets[0].clusterName, options, terminal);
  }

  const { issue } = await import("./issuer");
  const { default: pLimit } = await import("p-limit");
  const { progressOf } = await import("../command-line/progress");
  const progress = progressOf(terminal, "issuing", targets.length);
  const limit = pLimit(AT_ONCE);
  const settings = {
    when: options.due ? margin : ("always" as const),
    dryRun: options.dryRun ?? false,
    now: new Date(),
  };
  const outcomes = await Promise.all(
    targets.map(async (target) => {
      const outcome = await issue(vault, target, settings, (work) => limit(work));
      progress.advance();
      return outcome;
    }),
  );
  progress.end();
  return print(outcomes, options, terminal);
}

/** As a deploy runs it: its exit code stops the deploy. */
async function declared(options: Options, terminal: Terminal): Promise<ExitCode> {
  const { issueDeclared } = await import("./declared");
  return print([await issueDeclared(terminal.env)], options, terminal);
}

async function print(
  outcomes: readonly Outcome[],
  { output }: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const { counts, report } = await import("./report");
  terminal.out(report(outcomes, output));
  if (output === "table") terminal.err(`\n${counts(outcomes)}`);
  if (outcomes.some(({ result }) => result === "failed")) return ExitCode.UNKNOWN;
  return outcomes.some(({ result }) => result === "refused") ? ExitCode.REFUSED : ExitCode.FINE;
}

function chosen(mesh: Mesh, { cluster: names }: Options): ClusterConfig[] {
  const issued = mesh.clusters.filter(({ intermediates }) => intermediates.issuance !== "terraform");
  if (issued.length === 0) {
    throw new CommandError(
      `no cluster has issuance "deploy" or "external": Terraform issues all intermediates; raise intermediates.generation to renew`,
      ExitCode.USAGE,
    );
  }
  const unknown = names?.find((name) => !issued.some((cluster) => cluster.name === name));
  if (unknown !== undefined) {
    const known = issued.map(({ name }) => name);
    throw unknownCluster(unknown, known, 'with issuance "deploy" or "external"');
  }
  return names ? issued.filter(({ name }) => names.includes(name)) : issued;
}

async function offline(
  issue: import("./offline").OfflineIssue,
  cluster: string,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.csrOut !== undefined) {
    const request = await issue.request();
    fileDo(options.csrOut, () => writeFileSync(options.csrOut!, request));
    terminal.err(
      `${cluster}: have ${options.csrOut} signed as a CA with pathlen 0, then import the certificate with --certificate-in`,
    );
    return ExitCode.FINE;
  }
  const file = options.certificateIn!;
  const chain = fileDo(file, () => readFileSync(file, "utf8"));
  const { issued, previousVersion } = await issue.finish(chain, new Date());
  return print(
    [{ cluster, result: "issued", reason: "certificate imported", issued, previousVersion }],
    options,
    terminal,
  );
}

function fileDo<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new CommandError(`"${file}": ${reason(error)}`, ExitCode.USAGE);
  }
}
