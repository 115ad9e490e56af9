import { BETWEEN_TARGETS, type TargetFinding } from "./lint-targets";
import type { LintTarget } from "./targets";

export type ReportFormat = "table" | "short" | "json";

/** What was found, for people or for programs. */
export function reportText(
  targets: readonly LintTarget[],
  findings: readonly TargetFinding[],
  format: ReportFormat,
): string {
  if (format === "json") return JSON.stringify({ schemaVersion: 1, findings }, undefined, 2);
  if (format === "short") return findings.map(short).join("\n");
  const names = targets.map(({ name }) => name);
  const between = findings.some(({ target }) => target === BETWEEN_TARGETS) ? [BETWEEN_TARGETS] : [];
  return [...names, ...between]
    .map((name) =>
      section(
        name,
        findings.filter(({ target }) => target === name),
      ),
    )
    .join("\n");
}

/** `1 error, 2 warnings.` */
export function counts(findings: readonly TargetFinding[]): string {
  const count = (level: string) => findings.filter((finding) => finding.level === level).length;
  const words = (amount: number, word: string) => `${amount} ${word}${amount === 1 ? "" : "s"}`;
  return `${words(count("error"), "error")}, ${words(count("warning"), "warning")}.`;
}

function short({ target, file, level, rule, message }: TargetFinding): string {
  return `${[target, file].filter(Boolean).join("/")}: ${level} ${rule}: ${message}`;
}

function section(name: string, findings: readonly TargetFinding[]): string {
  if (findings.length === 0) return `${name}  fine`;
  const lines = findings.map(
    ({ level, file, message, rule, page }) =>
      `  ${level.padEnd(7)}  ${file ? `${file}: ` : ""}${message}  (${rule}, ${page})`,
  );
  return [name, ...lines].join("\n");
}
