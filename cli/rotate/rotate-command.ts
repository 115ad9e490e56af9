import type { Command } from "commander";
import { writeFileSync } from "node:fs";
import { serialPairs } from "../../lib/private/serial";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import type { CommandModule } from "../command-line/command-module";
import { meshFile } from "../command-line/environment";
import { ExitCode } from "../command-line/exit-code";
import type { Terminal } from "../command-line/terminal";
import { deadlineOf, lookUntil } from "../command-line/wait";
import { serviceAccount, serviceAccountOption } from "../status/inspector";
import { codeOfStep } from "../status/status-command";
import type { Look, Told } from "./look";
import type { Goal } from "./standing";

/** After a deploy, where --wait says nothing else. */
const PROOF = "10m";

interface Options {
  readonly to?: string;
  readonly from?: string;
  readonly back?: true;
  readonly stolen?: true;
  readonly stolenIntermediate?: string;
  readonly wait?: string;
  readonly write?: true;
  readonly deploy?: true;
  readonly message?: string;
  readonly json?: true;
  readonly serviceAccount: string;
}

/** `istio-vault rotate`: the steps from one root to another, each found again from what runs. */
export const rotateCommand: CommandModule = (program, terminal, done) => {
  program
    .command("rotate")
    .description(
      "Say where the rotation of a root stands and whether its next step may be taken; on request, write it to mesh.yaml or deploy it.",
    )
    .argument("[cdktf-options...]", "after --, for cdktf deploy: -- --auto-approve")
    .option("--to <root>", "the root that is to sign and to be trusted alone")
    .option("--from <root>", "the root to replace, if several others are trusted")
    .option("--back", "go back, from any step")
    .option(
      "--stolen",
      "first say what whoever has the old root's key can do, and what all steps at once would break",
    )
    .option(
      "--stolen-intermediate <cluster/serial>",
      "exchange this intermediate under the same root instead, renew what it signed, and revoke it where lists are served",
    )
    .option("--wait <duration>", "repeat until the next step is allowed; such as 10m")
    .option(
      "--write",
      "write the step to mesh.yaml, if it is allowed, and print its commit message and review",
    )
    .option("--message <file>", "with --write: a file for the commit message, instead of both")
    .option("--deploy", "write the step, if it is allowed, deploy it, and wait until the mesh runs so")
    .option("--json", "as JSON")
    .addOption(serviceAccountOption())
    .addHelpText("after", HELP)
    .action(async (rest: string[], options: Options, command: Command) =>
      done(await run(options, rest, command, terminal)),
    );
};

const HELP = `
Ends as status --gate does: 0 the step may be taken, was written, or was deployed, or none is left · 1 unknown · 3 not yet · 124 --wait
timed out. Credentials are those of status; --deploy also needs those of cdktf deploy. Killed at any moment, the same
command goes on from what runs: docs/rotate-a-root.md.`;

async function run(
  options: Options,
  cdktfOptions: readonly string[],
  command: Command,
  terminal: Terminal,
): Promise<ExitCode> {
  const goal = goalOf(options, command);
  if (options.message !== undefined && !options.write && !options.deploy) {
    command.error("error: --message goes with --write or --deploy");
  }
  const { Look } = await import("./look");
  const deadline = deadlineOf(options.wait);
  const asked = { goal, account: serviceAccount(options.serviceAccount), stolen: options.stolen ?? false };
  const look = await Look.at(meshFile(terminal.env), asked, terminal);
  const told = await allowed(look, deadline, terminal);
  const code = codeOfStep(told.standing.next);
  const { course } = told.standing;
  const isLeft = course !== undefined && course.at < course.steps.length;
  if (code !== ExitCode.FINE || !isLeft || !(options.write || options.deploy)) {
    await print(told, options, terminal);
    return code !== ExitCode.FINE && deadline !== undefined ? ExitCode.TIMEOUT : code;
  }
  if (course.instead !== undefined) {
    throw new CommandError(`this step is taken by hand: ${course.instead}`, ExitCode.USAGE);
  }
  await write(look.file, told, options, terminal);
  if (!options.deploy) return code;

  const written = await Look.at(look.file, asked, terminal);
  const { deployStep } = await import("./deploy");
  await deployStep(written, { cdktfOptions, proof: options.wait ?? PROOF }, terminal);
  await print(await written.tell("looking again"), options, terminal);
  return code;
}

function goalOf({ to, from, back, stolenIntermediate }: Options, command: Command): Goal {
  if (to !== undefined && stolenIntermediate === undefined) return { kind: "root", to, from, back };
  if (to !== undefined || stolenIntermediate === undefined || from !== undefined) {
    command.error("error: write --to <root>, or --stolen-intermediate <cluster/serial> alone");
  }
  const [cluster, serial = ""] = stolenIntermediate.split("/");
  const stolen = { cluster, serial: serialPairs(serial.trim())?.join("") ?? "" };
  return { kind: "intermediate", stolen, back };
}

/** Looks until the step may be taken, or the time is over; who waits hears what it waits for. */
async function allowed(look: Look, deadline: number | undefined, terminal: Terminal): Promise<Told> {
  const { nextStep } = await import("../status/report");
  let [doing, said] = ["checking", ""];
  return lookUntil(
    deadline,
    () => look.tell(doing),
    ({ standing }) => codeOfStep(standing.next) === ExitCode.FINE,
    ({ standing: { next } }) => {
      const waiting = [nextStep(next), ...next.findings.map(({ message }) => message)].join("; ");
      if (waiting !== said) terminal.err(`waiting: ${waiting}`);
      [doing, said] = ["waiting", waiting];
    },
  );
}

async function print(told: Told, { json }: Options, terminal: Terminal): Promise<void> {
  const { reportJson, reportText } = await import("./report");
  terminal.out(json ? reportJson(told) : reportText(told));
}

/** The step in mesh.yaml, and the message of its commit; for a person with the review, which a pipeline makes by itself. */
async function write(file: string, told: Told, options: Options, terminal: Terminal): Promise<void> {
  const { message } = await import("./report");
  const { writeMesh } = await import("./write");
  const lines = told.isWritten ? [] : writeMesh(file, told.standing.course!.wanted);
  for (const line of lines) terminal.err(`${file}: ${line}`);
  const text = message(told.standing, lines);
  if (options.message !== undefined) {
    try {
      writeFileSync(options.message, `${text}\n`);
    } catch (error) {
      throw new CommandError(`"${options.message}" cannot be written: ${reason(error)}`, ExitCode.USAGE);
    }
  } else if (!options.deploy) {
    terminal.out([text, ...(await reviewText(terminal))].join("\n\n"));
  }
}

/** What review says of the change; nothing where there is no commit to compare with. */
async function reviewText(terminal: Terminal): Promise<string[]> {
  const { compare } = await import("../review/compare");
  const { reviewOf } = await import("../review/review");
  const { markdown } = await import("../review/markdown");
  try {
    const { base, head, commits } = await compare("HEAD", process.cwd(), terminal);
    return [markdown(reviewOf(base, head, commits, "error"))];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.err(`no review: ${error.message}`);
    return [];
  }
}
