import { Option } from "commander";
import type { Level } from "../../lib/rules";
import { ExitCode } from "../command-line/exit-code";
import type { CommandModule } from "../command-line/command-module";
import type { Terminal } from "../command-line/terminal";
import type { Review } from "./review";
import type { StackFormat } from "./stacks-output";

/** What a plan may run, or do, that nobody here has read. */
const UNREAD = ["IV0607", "IV0622", "IV0623"];

const FORMATS = ["table", "short", "json", "markdown"];

interface Options {
  readonly base: string;
  readonly stacks?: true;
  readonly output: string;
  readonly failOn: Level;
  readonly detailedExitcode?: true;
}

/** `istio-vault review`: what a change does to trust. */
export const review: CommandModule = (program, terminal, done) => {
  program
    .command("review")
    .description(
      "Show what changes in trust since the merge base with another branch: in mesh.yaml and in the stacks that both commits synthesize. Needs no credential, and reads neither plan, state nor Vault.",
    )
    .requiredOption("--base <ref>", "the branch or commit to compare with; its merge-base is used")
    .option("--stacks", "only the affected stacks, with the reason for each")
    .addOption(
      new Option("-o, --output <format>", "with --stacks: table, json, matrix, github")
        .choices([...FORMATS, "matrix", "github"])
        .default("table"),
    )
    .addOption(
      new Option("--fail-on <level>", "lowest level that refuses, and exits with 3")
        .choices(["error", "warning"])
        .default("error"),
    )
    .option("--detailed-exitcode", "exit with 2 if a stack is affected and nothing is refused")
    .action(async (options: Options, command) => {
      const known: readonly string[] = options.stacks ? ["table", "json", "matrix", "github"] : FORMATS;
      if (!known.includes(options.output)) {
        command.error(
          `error: -o ${options.output} cannot be used ${options.stacks ? "with" : "without"} --stacks; write ${known.join(" or ")}`,
        );
      }
      done(await run(options, terminal));
    });
};

async function run(options: Options, terminal: Terminal): Promise<ExitCode> {
  const { compare } = await import("./compare");
  const { isRefused, reviewOf } = await import("./review");
  const { base, head, commits } = await compare(options.base, process.cwd(), terminal);
  const { failOn } = options;
  if (options.stacks) {
    const { affectedStacks } = await import("./affected");
    const { stacksOutput } = await import("./stacks-output");
    const unread = reviewOf(base, head, commits, failOn).findings.filter(({ rule }) => UNREAD.includes(rule));
    // A list that a job would plan with credentials is not even printed.
    for (const { message, rule, page } of unread) terminal.err(`error  ${message}  (${rule}, ${page})`);
    if (isRefused(unread, failOn)) return ExitCode.REFUSED;
    const stacks = affectedStacks(base.stacks, head.stacks);
    terminal.out(stacksOutput(stacks, options.output as StackFormat));
    return ended(stacks.length > 0, options);
  }
  const result = reviewOf(base, head, commits, failOn);
  terminal.out(await rendered(result, options.output, terminal.columns));
  return result.verdict === "refused" ? ExitCode.REFUSED : ended(result.stacks.length > 0, options);
}

function ended(changes: boolean, { detailedExitcode }: Options): ExitCode {
  return changes && detailedExitcode ? ExitCode.CHANGES : ExitCode.FINE;
}

async function rendered(review: Review, format: string, width: number | undefined): Promise<string> {
  if (format === "json") return JSON.stringify({ schemaVersion: 1, ...review }, undefined, 2);
  if (format === "markdown") return (await import("./markdown")).markdown(review);
  const { short, table } = await import("./text");
  return format === "short" ? short(review) : table(review, width);
}
