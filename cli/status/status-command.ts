import { Option } from "commander";
import { RULES_PAGE } from "../../lib/private/pages";
import type { Level } from "../../lib/rules";
import { CommandError } from "../command-line/command-error";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import type { Terminal } from "../command-line/terminal";
import { deadlineOf, lookUntil } from "../command-line/wait";
import type { GateVerdict } from "./gate";
import { inspector, serviceAccount, serviceAccountOption } from "./inspector";
import type { MeshStatus } from "./mesh-status";
import type { ReportFormat } from "./report";

interface Options {
  readonly gate?: boolean;
  readonly wait?: string;
  readonly serviceAccount: string;
  readonly failOn: Level;
  readonly output: ReportFormat;
}

export const statusCommand: CommandModule = (program, terminal, done) => {
  program
    .command("status")
    .description(
      "Compare the running mesh with mesh.yaml: request a certificate from each cluster's istiod, as a sidecar does.",
    )
    .option("--gate", "check whether mesh.yaml may be deployed now, and if not, from when")
    .option("--wait <duration>", "repeat until there is no finding, or the next step is allowed; such as 10m")
    .addOption(serviceAccountOption())
    .addOption(
      new Option("--fail-on <level>", "lowest level that exits with 3; without --gate")
        .choices(["error", "warning"])
        .default("error"),
    )
    .addOption(
      new Option("-o, --output <format>").choices(["table", "short", "json", "prometheus"]).default("table"),
    )
    .addHelpText("after", HELP)
    .action(async (options: Options) => done(await run(options, terminal)));
};

const HELP = `
Read-only. Vault: VAULT_TOKEN, or another login of istio-vault issue; istio-vault policy status prints the policy.
Clusters: the contexts in mesh.yaml, from KUBECONFIG or the file that mesh.yaml names; docs/status.md lists the
permissions. A cluster that cannot be reached is shown as such; the exit code is 1 if nothing else is wrong.
docs/alerts.md is about -o prometheus.`;

async function run(options: Options, terminal: Terminal): Promise<ExitCode> {
  if (options.gate && options.output === "prometheus") {
    throw new CommandError(
      "-o prometheus cannot be used with --gate: it reports the running mesh; remove one of them",
      ExitCode.USAGE,
    );
  }
  const { loadMesh } = await import("../../config/load-mesh");
  const deadline = deadlineOf(options.wait);
  const account = serviceAccount(options.serviceAccount);
  const mesh = loadMesh(meshFile(terminal.env));
  const inspect = await inspector(
    "istio-vault status",
    { mesh, account, gate: options.gate ?? false },
    terminal,
  );

  const { counted, report } = await import("./report");
  let doing = "checking";
  const status = await lookUntil(
    deadline,
    () => inspect(doing),
    (seen) => codeOf(seen, options.failOn) === ExitCode.FINE,
    ({ findings }) => (doing = `waiting (${counted(findings)})`),
  );
  terminal.out(report(status, options.output, terminal.columns));
  if (options.output === "table" && !status.next) terminal.err(summary(status, counted));
  const code = codeOf(status, options.failOn);
  return code !== ExitCode.FINE && deadline !== undefined ? ExitCode.TIMEOUT : code;
}

function summary({ findings }: MeshStatus, counted: typeof import("./report").counted): string {
  const rules = findings.length > 0 ? ` Rules: ${RULES_PAGE}` : "";
  return `\n${counted(findings)}.${rules}`;
}

/** A fault of the mesh takes precedence over a cluster that could not be reached. */
export function codeOf({ findings, next }: MeshStatus, failOn: Level): ExitCode {
  if (next) return codeOfStep(next);
  const counts = ({ level }: { level: Level }) => failOn === "warning" || level === "error";
  if (findings.some((finding) => !finding.unknown && counts(finding))) return ExitCode.REFUSED;
  return findings.some(({ unknown }) => unknown) ? ExitCode.UNKNOWN : ExitCode.FINE;
}

/** Whether the next step may be taken. */
export function codeOfStep({ verdict }: GateVerdict): ExitCode {
  if (verdict === "unknown") return ExitCode.UNKNOWN;
  return verdict === "not yet" ? ExitCode.REFUSED : ExitCode.FINE;
}
