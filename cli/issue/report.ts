import { shortSerial } from "../command-line/text";
import type { Outcome } from "./issuer";

export type ReportFormat = "table" | "short" | "json";

/** What a run did, for people or for programs. */
export function report(outcomes: readonly Outcome[], format: ReportFormat): string {
  if (format === "json") return json(outcomes);
  if (format === "short") return outcomes.map(({ cluster, result }) => `${cluster} ${result}`).join("\n");
  return table(outcomes);
}

/** How many there are of each result: `1 issued, 1 not due`. */
export function counts(outcomes: readonly Outcome[]): string {
  const results = ["issued", "due", "not due", "overtaken", "refused", "failed"] as const;
  return `${results
    .map((result) => ({ result, count: outcomes.filter((outcome) => outcome.result === result).length }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${count} ${result}`)
    .join(", ")}.`;
}

function table(outcomes: readonly Outcome[]): string {
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const names = width(outcomes.map(({ cluster }) => cluster));
  const results = width(outcomes.map(({ result }) => result));
  return outcomes
    .map((outcome) => {
      const start = `${outcome.cluster.padEnd(names)}  ${outcome.result.padEnd(results)}  `;
      return start + details(outcome).replaceAll("\n", `\n${" ".repeat(start.length)}`);
    })
    .join("\n");
}

function details({ reason, issued, previousVersion }: Outcome): string {
  if (!issued) return reason;
  const expires = issued.notAfter.toISOString().slice(0, 10);
  return `${reason}   serial ${shortSerial(issued.serial)}  expires ${expires}   version ${previousVersion} -> ${issued.version}`;
}

function json(outcomes: readonly Outcome[]): string {
  const clusters = outcomes.map(({ cluster, result, reason, issued, previousVersion }) => ({
    cluster,
    result,
    reason,
    ...(issued && {
      serial: issued.serial,
      sha256: issued.fingerprint,
      root: issued.root,
      notBefore: issued.notBefore.toISOString(),
      notAfter: issued.notAfter.toISOString(),
      version: issued.version,
      previousVersion,
    }),
  }));
  return JSON.stringify({ schemaVersion: 1, clusters }, undefined, 2);
}
