import { verdicts } from "./plugin-ca-verdicts";

/** The verdicts as docs/lint.md shows them. */
export function agreementTable(): string {
  const rows = Object.entries(verdicts).map(([name, { start, reload, leaf, lint, why }]) => {
    const found = lint.map((finding) => finding.split(" ").slice(0, 2).join(" "));
    const cells = [
      name,
      start,
      reload,
      leaf === "none" ? "" : leaf,
      found.join(", ") + (why ? `: ${why}` : ""),
    ];
    return `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
  });
  return ["| files | start | reload | leaves | lint |", "| --- | --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}
