import { shown } from "../../lib/private/shown";
import { ExitCode } from "./exit-code";

/** A failure whose message is meant to be shown as it is, without a stack trace; it never holds a secret. */
export class CommandError extends Error {
  public override readonly name = "CommandError";

  /**
   * @param message what is wrong, where, and what to check or write instead; no final period
   * @param lines of a list below it
   */
  constructor(
    message: string,
    public readonly exitCode: ExitCode = ExitCode.UNKNOWN,
    lines: readonly string[] = [],
  ) {
    super([message, ...lines].map((line) => shown(line)).join("\n"));
  }
}
