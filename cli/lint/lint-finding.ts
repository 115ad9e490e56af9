import type { Finding } from "../../lib/rules";
import type { PluginCaFileName } from "./plugin-ca-files";

/** Something wrong with one of the files. */
export interface LintFinding extends Finding {
  readonly file: string;
}

export function inFile(file: PluginCaFileName | string, finding: Finding): LintFinding {
  return { file, ...finding };
}
