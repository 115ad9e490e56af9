import { Duration, ValidationError } from "../../lib";
import { CommandError } from "../command-line/command-error";
import { ExitCode } from "../command-line/exit-code";
import type { IntermediateRecord } from "../vault/intermediate-record";

const UNITS = [
  { name: "days", milliseconds: 86_400_000 },
  { name: "hours", milliseconds: 3_600_000 },
  { name: "minutes", milliseconds: 60_000 },
  { name: "seconds", milliseconds: 1000 },
];

/** When an intermediate is due: after a share of its lifetime, or some time before it expires. */
export type Margin = { readonly percent: number } | { readonly before: Duration };

/**
 * Reads `66%`, `720h` or `30d`.
 *
 * @throws CommandError for any other string
 */
export function parseMargin(text: string): Margin {
  const percent = /^([1-9][0-9]?)%$/.exec(text);
  if (percent) return { percent: Number(percent[1]) };
  try {
    return { before: Duration.parse(text) };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new CommandError(
      `--expires-in is "${text}"; write a share of the lifetime, such as "66%", or the time left, such as "720h"`,
      ExitCode.USAGE,
    );
  }
}

/** Whether an intermediate is due to be reissued, and why or why not, in words. */
export interface Verdict {
  readonly due: boolean;
  readonly reason: string;
}

export interface DueFacts {
  /** Undefined if the secret has no version, or none with an issuer's record. */
  readonly record: IntermediateRecord | undefined;
  /** Version of the secret that is current; 0 where it has none. */
  readonly currentVersion: number;
  /** Name of the root that is to sign. */
  readonly signingRoot: string;
  /** Whether it needs a revocation list of its own. */
  readonly needsList: boolean;
  readonly margin: Margin;
  readonly now: Date;
}

/** Uses only public facts. */
export function isDue({ record, currentVersion, signingRoot, needsList, margin, now }: DueFacts): Verdict {
  if (currentVersion === 0) return { due: true, reason: "none issued yet" };
  if (!record || record.version !== currentVersion) {
    return { due: true, reason: withoutRecord(currentVersion) };
  }
  if (record.root !== signingRoot) {
    return { due: true, reason: `signed by root ${record.root}, but mesh.yaml says ${signingRoot}` };
  }
  if (needsList && !record.hasList) return { due: true, reason: "it signed no revocation list" };
  const lifetime = record.notAfter.getTime() - record.notBefore.getTime();
  const used = now.getTime() - record.notBefore.getTime();
  return { due: now >= dueFrom(record, margin), reason: usedText(used, lifetime) };
}

/** From when on an intermediate is due. */
export function dueFrom(
  { notBefore, notAfter }: Pick<IntermediateRecord, "notBefore" | "notAfter">,
  margin: Margin,
): Date {
  const [start, end] = [notBefore.getTime(), notAfter.getTime()];
  return new Date(
    "percent" in margin
      ? start + ((end - start) * margin.percent) / 100
      : end - margin.before.toSeconds() * 1000,
  );
}

/** Whether what a deploy declares is still to be issued: a run that failed may have come that far. */
export function isToIssue(
  { record, currentVersion }: Pick<DueFacts, "record" | "currentVersion">,
  declared: string,
): Verdict {
  if (currentVersion === 0) return { due: true, reason: `none issued yet; ${declared}` };
  if (!record || record.version !== currentVersion) {
    return { due: true, reason: withoutRecord(currentVersion) };
  }
  if (record.declared === declared) {
    return { due: false, reason: `version ${currentVersion} is what is declared: ${declared}` };
  }
  return { due: true, reason: `now declared: ${declared}` };
}

function withoutRecord(version: number): string {
  return `version ${version} was written without an issuer's record`;
}

/** In the largest unit that a lifetime has two of. */
function usedText(used: number, lifetime: number): string {
  const unit = UNITS.find(({ milliseconds }) => lifetime >= 2 * milliseconds) ?? UNITS[UNITS.length - 1];
  const [a, b] = [used, lifetime].map((time) => Math.floor(time / unit.milliseconds));
  return `${a} of ${b} ${unit.name} used`;
}
