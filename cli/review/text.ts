import { foldedRows } from "../../lib/private/folded-rows";
import { nameList } from "../../lib/private/text";
import { columns } from "../command-line/columns";
import { accountsText } from "./accounts";
import type { Review } from "./review";
import { isChanged } from "./trust-table";

const VERDICTS = {
  refused: "refused",
  emergency: "EMERGENCY",
  warned: "to be read by a person",
  changed: "allowed",
  unchanged: "nothing changes",
};

/** One line, to be pasted. */
export function short({ meshId, verdict, changes, findings, stacks }: Review): string {
  const count = (level: string) => findings.filter((finding) => finding.level === level).length;
  const many = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;
  const counts = [
    `${count("error")} refused`,
    many(count("warning"), "warning"),
    `${many(stacks.length, "stack")} affected`,
  ];
  return [`${meshId}: ${VERDICTS[verdict]}`, nameList(changes, 3), counts.join(", ")]
    .filter(Boolean)
    .join("; ");
}

/** Everything, for a terminal. */
export function table(review: Review, width?: number): string {
  const { meshId, verdict, changes, findings, trust, stacks, steps, accounts } = review;
  const rows = trust.filter(isChanged);
  const blocks = [
    [`${meshId} · ${VERDICTS[verdict]}${changes.length > 0 ? ` · ${nameList(changes, 6)}` : ""}`],
    columns(
      [
        ...(rows.length > 0 ? [["", "before", "after", ""]] : []),
        ...rows.map(({ subject, before, after, note }) => [subject, before, after, note]),
      ],
      width,
    ),
    findings.map(({ level, message, rule, page }) => `${level.padEnd(7)}  ${message}  (${rule}, ${page})`),
    columns(
      [
        ...(stacks.length > 0 ? [["affected stack", "", "why"]] : []),
        ...foldedRows(stacks.map(({ stack, change, reason }) => [stack, change, reason])),
      ],
      width,
    ),
    steps,
    [accounts ? accountsText(accounts) : ""].filter(Boolean),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}
