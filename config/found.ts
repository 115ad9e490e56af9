import { Duration } from "../lib";
import type { Finding } from "../lib/rules";
import type { Path } from "./mesh-file-error";

/** What is found from the value as it is written: a file's name is another once it is expanded. */
export type FindingOf = (written: string) => Finding;

/** A mistake, and the key of the expanded mesh.yaml it is at. */
export interface Found {
  readonly path: Path;
  readonly finding: Finding | FindingOf;
}

/** The same as zod carries it: in `params` of a custom issue, so that it keeps its id and its page. */
export function issueOf({ path, finding }: Found) {
  return { code: "custom" as const, path: [...path], params: { finding } };
}

/** What a rule across keys may rely on of values that need not be right: undefined is what is wrong. */
export function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function strings(value: unknown): readonly string[] | undefined {
  const isRight = Array.isArray(value) && value.length > 0 && value.every((item) => string(item));
  return isRight ? value : undefined;
}

export function duration(value: unknown): Duration | undefined {
  return value instanceof Duration ? value : undefined;
}
