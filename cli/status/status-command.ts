import { setTimeout as delay } from "node:timers/promises";
import { Option } from "commander";
import { Duration } from "../../lib/duration";
import type { Level } from "../../lib/rules";
import { CommandError } from "../command-error";
import { withOptionalPackages } from "../optional-package";
import { ExitCode } from "../exit-code";
import type { ServiceAccount } from "../kubernetes/cluster-api";
import type { CommandModule } from "../program";
import type { Terminal } from "../terminal";
import type { MeshStatus, ReportFormat } from "./report";

/** Between two looks while waiting. */
const INTERVAL_SECONDS = 5;

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
      "Holds the mesh as it runs against mesh.yaml: asks every cluster's istiod for a certificate, as a sidecar does.",
    )
    .option("--gate", "judge whether what mesh.yaml says may be deployed now, and if not, until when")
    .option("--wait <duration>", "look again until all is well, or the next step is allowed; such as 10m")
    .option(
      "--service-account <namespace/name>",
      "whom istiod is asked as, in each cluster",
      "istio-vault/status",
    )
    .addOption(
      new Option("--fail-on <level>", "what ends with 3; without --gate")
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
Reads only. Vault: VAULT_TOKEN, or another login as istio-vault issue has it; istio-vault policy status prints the
policy. Clusters: the contexts mesh.yaml names, in KUBECONFIG or the file that mesh.yaml names; docs/status.md has
the rights. A cluster that cannot be asked is a row, and ends with 1 if nothing else is wrong. docs/alerts.md is about
-o prometheus.`;

async function run(options: Options, terminal: Terminal): Promise<ExitCode> {
  if (options.gate && options.output === "prometheus") {
    throw new CommandError("-o prometheus tells of the mesh as it runs: leave --gate out", ExitCode.USAGE);
  }
  const { loadMesh } = await import("../../config/load-mesh");
  const deadline =
    options.wait === undefined ? undefined : Date.now() + Duration.parse(options.wait).toSeconds() * 1000;
  const account = serviceAccount(options.serviceAccount);
  const mesh = loadMesh(terminal.env.MESH_FILE ?? "mesh.yaml");
  const { look, ...clients } = await withOptionalPackages("istio-vault status", loadClients);
  const found = await sources(mesh, clients, terminal);
  const looker = { ...found, mesh, account, gate: options.gate ?? false };

  const { counted, report } = await import("./report");
  const { progressOf } = await import("../progress");
  let doing = "asking";
  for (;;) {
    const progress = progressOf(terminal, doing, mesh.clusters.length);
    const status = await look(looker, progress.advance);
    progress.end();
    const code = codeOf(status, options.failOn);
    const late = deadline !== undefined && Date.now() + INTERVAL_SECONDS * 1000 > deadline;
    if (code === ExitCode.FINE || deadline === undefined || late) {
      terminal.out(report(status, options.output));
      if (options.output === "table" && !status.next) terminal.err(`\n${counted(status.findings)}.`);
      return code !== ExitCode.FINE && deadline !== undefined ? ExitCode.TIMEOUT : code;
    }
    doing = `waiting (${counted(status.findings)})`;
    await delay(INTERVAL_SECONDS * 1000);
  }
}

/** What stands on packages that this command alone needs. */
async function loadClients() {
  const { look } = await import("./look");
  const { kubeConfigOf } = await import("../kubernetes/kube-config");
  const { KubernetesApi } = await import("../kubernetes/kubernetes-api");
  return { look, kubeConfigOf, KubernetesApi };
}

/** Where facts come from: clients that are loaded only here. */
async function sources(
  mesh: import("../../config/mesh").Mesh,
  { kubeConfigOf, KubernetesApi }: Omit<Awaited<ReturnType<typeof loadClients>>, "look">,
  { env }: Terminal,
) {
  const { connect } = await import("../vault/connect");
  const { logIn } = await import("../vault/login");
  const { known, unknown } = await import("./facts");
  const vault = connect(mesh.vault, env);
  const login = await logIn(vault, mesh, env).then(known, (error: Error) => {
    if (error instanceof CommandError) return unknown(error.message);
    throw error;
  });
  return {
    vault,
    login,
    api: async (cluster: import("../../config/mesh").ClusterConfig) =>
      KubernetesApi.connect(await kubeConfigOf(cluster, env)),
  };
}

function serviceAccount(text: string): ServiceAccount {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match) return { namespace: match[1], name: match[2] };
  throw new CommandError(
    `--service-account is "${text}"; write namespace and name, such as "istio-vault/status"`,
    ExitCode.USAGE,
  );
}

/** A fault of the mesh counts for more than a cluster that could not be asked. */
export function codeOf({ findings, next }: MeshStatus, failOn: Level): ExitCode {
  if (next) {
    if (next.verdict === "not known") return ExitCode.UNKNOWN;
    return next.verdict === "not yet" ? ExitCode.REFUSED : ExitCode.FINE;
  }
  const counts = ({ level }: { level: Level }) => failOn === "warning" || level === "error";
  if (findings.some((finding) => !finding.unknown && counts(finding))) return ExitCode.REFUSED;
  return findings.some(({ unknown }) => unknown) ? ExitCode.UNKNOWN : ExitCode.FINE;
}
