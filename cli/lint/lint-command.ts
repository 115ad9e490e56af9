import { type Command, InvalidArgumentError, Option } from "commander";
import { shown } from "../../lib/private/shown";
import type { Level } from "../../lib/rules";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import type { Terminal } from "../command-line/terminal";
import type { PluginCaFiles } from "./plugin-ca-files";
import type { ReportFormat } from "./report";
import { rules } from "./rules";
import type { LintTarget } from "./targets";

interface Options extends PluginCaFiles {
  readonly directory?: readonly string[];
  readonly cluster?: readonly string[];
  readonly previousRootCert?: string;
  readonly istioVersion?: string;
  readonly suppress?: ReadonlyMap<string, string>;
  readonly failOn: Level;
  readonly output: ReportFormat;
}

/** `istio-vault lint`: whether istiod would serve with plug-in CA files. */
export const lintCommand: CommandModule = (program, terminal, done) => {
  program
    .command("lint")
    .description(
      "Check plug-in CA files: whether istiod starts on them, loads them while it runs, and workloads then accept each other.",
    )
    .option(
      "-d, --directory <directory...>",
      "directories with the four files; several are compared, as clusters of one mesh",
    )
    .option("-c, --cluster <name...>", "clusters of mesh.yaml, whose files are read from Vault")
    .option("--ca-key <file>", "instead of a directory: the intermediate's key (optional)")
    .option("--ca-cert <file>", "the intermediate")
    .option("--cert-chain <file>", "the chain that istiod sends with every certificate")
    .option("--root-cert <file>", "the roots that workloads trust")
    .option(
      "--previous-root-cert <file>",
      "the root-cert.pem of a running istiod, to check whether it loads the new one",
    )
    .option("--istio-version <x.y.z>", "version of that istiod")
    .option("--suppress <rule=reason>", "omit the findings of a rule; may be repeated", suppression)
    .addOption(
      new Option("--fail-on <level>", "lowest level that exits with 3")
        .choices(["error", "warning"])
        .default("error"),
    )
    .addOption(new Option("-o, --output <format>").choices(["table", "short", "json"]).default("table"))
    .addHelpText("after", HELP)
    .action(async (options: Options, command: Command) => done(await run(options, command, terminal)));
};

const HELP = `
For clusters, it logs in as "istio-vault issue" does; MESH_FILE names another mesh.yaml. The login has to read both
secrets of each, the key among them. docs/lint.md says what is found, and how that is tested against istiod.`;

async function run(options: Options, command: Command, terminal: Terminal): Promise<ExitCode> {
  if ((options.previousRootCert === undefined) !== (options.istioVersion === undefined)) {
    command.error("error: --previous-root-cert and --istio-version belong together");
  }
  const { directoryTarget, fileTarget } = await import("./targets");
  const targets = (options.directory ?? []).map(directoryTarget);
  if (options.caCert || options.certChain || options.rootCert) targets.push(fileTarget(options));
  let failures: readonly string[] = [];
  if (options.cluster) {
    const { clusterTargets } = await import("./cluster-targets");
    const clusters = await clusterTargets(options.cluster, terminal.env);
    targets.push(...clusters.targets);
    failures = clusters.failures;
  }
  if (targets.length === 0 && failures.length === 0) {
    command.error(
      "error: name a directory by --directory, a cluster by --cluster, or files by --ca-cert, --cert-chain and --root-cert",
    );
  }
  const code = targets.length > 0 ? await report(targets, options, terminal) : ExitCode.FINE;
  for (const failure of failures) terminal.err(failure);
  return code === ExitCode.FINE && failures.length > 0 ? ExitCode.UNKNOWN : code;
}

async function report(
  targets: readonly LintTarget[],
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const { lintTargets } = await import("./lint-targets");
  const { counts, reportText } = await import("./report");
  const { previousBundle } = await import("./targets");
  const all = lintTargets(targets, { now: new Date(), previous: previousBundle(options) });
  const suppressed = options.suppress ?? new Map<string, string>();
  const findings = all.filter(({ rule }) => !suppressed.has(rule));
  terminal.out(reportText(targets, findings, options.output));
  for (const [rule, reason] of suppressed) {
    const count = all.filter((finding) => finding.rule === rule).length;
    if (count > 0) terminal.err(shown(`suppressed: ${count} of ${rule}, since ${reason}`));
  }
  if (options.output === "table") terminal.err(`\n${counts(findings)}`);
  const refused = findings.some(({ level }) => level === "error" || options.failOn === "warning");
  return refused ? ExitCode.REFUSED : ExitCode.FINE;
}

/** `IV0523=the root is small`, collected. */
function suppression(text: string, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const [, rule, reason] = /^(IV\d{4})=(.*\S.*)$/.exec(text) ?? [];
  if (rule === undefined || reason === undefined) {
    throw new InvalidArgumentError('Write a rule and the reason, such as "IV0523=our root is small".');
  }
  if (!Object.values(rules).some(({ id }) => id === rule))
    throw new InvalidArgumentError(`There is no rule ${rule}.`);
  return new Map(before).set(rule, reason);
}
