import { Token } from "cdktf";
import type { IConstruct } from "constructs";
import { ValidationError } from "../errors";
import { rules } from "../rules";

/** Whether it is one path in Vault, and in a policy that path alone. */
export function isVaultPath(text: string): boolean {
  return Token.isUnresolved(text) || (/^[\w.-]+(\/[\w.-]+)*$/.test(text) && !text.startsWith("data/"));
}

/**
 * Checks each path that is given, by the name of its property.
 *
 * @throws ValidationError IV0803 for one that is not an exact path
 */
export function requireVaultPaths(
  paths: Readonly<Record<string, string | undefined>>,
  scope?: IConstruct,
): void {
  for (const [key, path] of Object.entries(paths)) {
    if (path !== undefined && !isVaultPath(path))
      throw new ValidationError(rules.vaultPathForm(key, path), scope);
  }
}
