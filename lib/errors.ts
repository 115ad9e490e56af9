import type { IConstruct } from "constructs";
import { PAGES } from "./private/pages";
import type { Finding } from "./private/rule";

/**
 * A mistake in what the caller wrote, found before anything is synthesized.
 *
 * The message says what is wrong, the value received and what to write instead;
 * it never holds a secret. `finding.rule` is stable; the message ends with the URL of its page.
 */
export class ValidationError extends Error {
  /** Tells it from other errors. */
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
    super(`${finding.message} (${finding.rule}${where}; ${PAGES}/${finding.page})`);
  }
}
