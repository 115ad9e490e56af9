import type { Finding } from "../../lib/rules";
import type { PluginCaFileName } from "./plugin-ca-files";

/** Something wrong with one of the files. */
export interface LintFinding extends Finding {
  readonly file: string;
}

export function inFile(file: PluginCaFileName | string, finding: Finding): LintFinding {
  return { file, ...finding };
}

/** Errors before warnings, each finding once. */
export function errorsFirst(findings: readonly LintFinding[]): LintFinding[] {
  const distinct = [
    ...new Map(findings.map((finding) => [`${finding.file} ${finding.message}`, finding])).values(),
  ];
  const ofLevel = (level: string) => distinct.filter((finding) => finding.level === level);
  return [...ofLevel("error"), ...ofLevel("warning")];
}
