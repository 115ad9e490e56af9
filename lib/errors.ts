import type { IConstruct } from "constructs";
import type { Finding } from "./private/rule";

/**
 * A mistake in what the caller wrote, found before anything is synthesized.
 *
 * The message says what is wrong, the value received and what to write instead;
 * it never holds a secret. `finding.rule` is stable and has a page in docs/rules.md.
 */
export class ValidationError extends Error {
  /** By which it is told from other errors. */
  public override readonly name = "ValidationError";

  /**
   * @param finding what is wrong, from the registry in `rules.ts`
   * @param scope the construct concerned; its path is added to the message
   */
  constructor(
    public readonly finding: Finding,
    scope?: IConstruct,
  ) {
    const where = scope?.node.path ? ` at ${scope.node.path}` : "";
    super(`${finding.message} (${finding.rule}${where}; ${finding.page})`);
  }
}
