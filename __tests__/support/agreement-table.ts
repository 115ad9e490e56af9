import { type Verdict, verdicts, verdictsBefore130 } from "./plugin-ca-verdicts";

/** The verdicts as docs/lint.md shows them. */
export function agreementTable(): string {
  const rows = Object.entries(verdicts).flatMap(([name, verdict]) => {
    const before130 = verdictsBefore130[name];
    if (!before130) return [row(name, verdict)];
    return [row(`${name}, from 1.30 on`, verdict), row(`${name}, before 1.30`, before130)];
  });
  return ["| files | start | reload | leaves | lint |", "| --- | --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function row(name: string, { start, reload, leaf, lint, why }: Verdict): string {
  const found = lint.map((finding) => finding.split(" ").slice(0, 2).join(" "));
  const cells = [
    name,
    start,
    reload,
    leaf === "none" ? "" : leaf,
    found.join(", ") + (why ? `: ${why}` : ""),
  ];
  return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
}
