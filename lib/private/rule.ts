import { shown } from "./shown";

/** How bad a finding is: an error refuses, a warning is shown. */
export type Level = "error" | "warning";

/** One thing that is wrong, ready to be shown. */
export interface Finding {
  /** Stable id, such as `IV0203`. */
  readonly rule: string;
  /** How bad it is. */
  readonly level: Level;
  /** What is wrong, the value received, what to write instead. No final period, no secret. */
  readonly message: string;
  /** Path of its page, within this repository. */
  readonly page: string;
}

/** A rule: call it with the facts to get a finding. */
export interface Rule<Facts extends unknown[]> {
  (...facts: Facts): Finding;
  readonly id: string;
  readonly level: Level;
  /** The rule itself, in a few words; the heading of its page. */
  readonly title: string;
}

/** Makes a rule; `message` says what is wrong, what comes of it and what to do, from the facts. */
export function rule<Facts extends unknown[]>(
  id: string,
  level: Level,
  title: string,
  message: (...facts: Facts) => string,
): Rule<Facts> {
  const page = `docs/rules.md#${id.toLowerCase()}`;
  return Object.assign((...facts: Facts) => ({ rule: id, level, message: shown(message(...facts)), page }), {
    id,
    level,
    title,
  });
}
