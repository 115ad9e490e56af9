import { distance } from "fastest-levenshtein";
import { NAMES_SHOWN, nameList } from "../../lib/private/text";
import { CommandError } from "./command-error";
import { ExitCode } from "./exit-code";

/**
 * The error for a name that no cluster has; of many clusters it tells those with the nearest names.
 *
 * @param kind which clusters are meant, after "cluster"
 */
export function unknownCluster(name: string, known: readonly string[], kind = ""): CommandError {
  const names =
    known.length > NAMES_SHOWN
      ? known.toSorted((one, other) => distance(name, one) - distance(name, other))
      : known;
  return new CommandError(
    `no cluster "${name}"${kind && ` ${kind}`}; mesh.yaml has: ${nameList(names)}`,
    ExitCode.USAGE,
  );
}
