import { shortcuts } from "./trust-shortcuts";

/** The shortcuts as docs/rotate-a-root.md shows them. */
export function shortcutTable(): string {
  const rows = shortcuts.map(({ name, breaks, synth, review, gate }) => {
    const cells = [name, breaks, ...[synth, review, gate].map((rules) => rules.map(linked).join(", "))];
    return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |").replaceAll("|  |", "| |");
  });
  return [
    "| shortcut | what happens | synth | review | gate |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function linked(rule: string): string {
  return `[${rule}](rules.md#${rule.toLowerCase()})`;
}
