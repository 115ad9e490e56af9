import { type AffectedStack, matrices } from "./affected";
import { columns } from "../command-line/columns";

export const STACK_FORMATS = ["table", "json", "matrix", "github"] as const;
export type StackFormat = (typeof STACK_FORMATS)[number];

/** The affected stacks, for people or for a CI's matrix. */
export function stacksOutput(stacks: readonly AffectedStack[], format: StackFormat): string {
  const batches = matrices(stacks);
  switch (format) {
    case "json":
      return JSON.stringify({ schemaVersion: 1, any: batches.length > 0, stacks, batches }, undefined, 2);
    case "matrix":
      return JSON.stringify(batches);
    case "github":
      // Lines for $GITHUB_OUTPUT. A matrix that would leave stacks out is not given: the job that asks for
      // it fails. An empty one would fail as well, so a job asks `any` first.
      return [
        `any=${batches.length > 0}`,
        `batches=${JSON.stringify(batches)}`,
        ...(batches.length === 1 ? [`matrix=${JSON.stringify(batches[0])}`] : []),
      ].join("\n");
    case "table":
      return stacks.length === 0
        ? "no stack is affected"
        : columns(stacks.map(({ stack, change, reason }) => [stack, change, reason])).join("\n");
  }
}
