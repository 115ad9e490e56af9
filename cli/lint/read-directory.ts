import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "../../config/text-file";
import { reason } from "../../lib/private/text";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import { inFile, type LintFinding } from "./lint-finding";
import { CA_CRL, PLUGIN_CA_FILE_NAMES, type PluginCaFiles } from "./plugin-ca-files";
import { rules } from "./rules";

/** Files of istiod's other layout; where this one is, it is the one that counts. */
const OTHER_LAYOUT = "tls.crt";

/** Reads the four files, and the fifth, from a directory as istiod's `ROOT_CA_DIR`. */
export function readDirectory(directory: string): { files: PluginCaFiles; findings: LintFinding[] } {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandError(
      `${directory} is no directory; give the one that holds ca-cert.pem`,
      ExitCode.UNKNOWN,
    );
  }
  const files = Object.fromEntries(
    Object.entries({ ...PLUGIN_CA_FILE_NAMES, caCrl: CA_CRL }).map(([file, name]) => [
      file,
      readIfThere(join(directory, name)),
    ]),
  );
  const findings = existsSync(join(directory, OTHER_LAYOUT))
    ? [inFile(OTHER_LAYOUT, rules.otherLayout())]
    : [];
  return { files, findings };
}

/** A file's text; undefined where there is none. */
function readIfThere(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  return readFile(path);
}

/** @throws CommandError where the file cannot be read */
export function readFile(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${reason(error)}`, ExitCode.UNKNOWN);
  }
}
