import { groupBy } from "../../lib/private/group-by";
import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { accountsText } from "./accounts";
import type { Review } from "./review";
import { rules } from "./rules";
import { isChanged, type TrustRow } from "./trust-table";

/** GitHub takes 65,536 characters; whoever posts the comment may add to it. */
export const MOST_CHARACTERS = 60_000;

/** Findings and lines of a table that are shown at most; the others are counted. */
const MOST_FINDINGS = 40;
const MOST_ROWS = 40;
const MOST_STACKS = 300;

/** The line by which a workflow finds the comment again, to replace it: one for each mesh. */
export function marker(meshId: string): string {
  return `<!-- istio-vault review ${encodeURIComponent(meshId)} -->`;
}

/** The one comment of a pull request: the verdict first, never split, without what does not fit. */
export function markdown(review: Review): string {
  const sections = [
    { text: head(review) },
    { text: findings(review) },
    { text: table(review.trust) },
    { text: picture(review), optional: 2 },
    { text: stacks(review) },
    { text: accounts(review) },
    { text: details(review), optional: 1 },
    { text: footer(review) },
  ].filter(({ text }) => text !== "");
  const whole = () => sections.map(({ text }) => text).join("\n\n");
  for (const rank of [1, 2]) {
    const index = sections.findIndex(({ optional }) => optional === rank);
    if (index >= 0 && whole().length > MOST_CHARACTERS) sections.splice(index, 1);
  }
  return whole();
}

function head({ meshId, verdict, changes }: Review): string {
  const title = {
    refused: "Trust changes: refused",
    emergency: "Trust changes: EMERGENCY, connections break",
    warned: changes.length > 0 ? `Trust changes: ${nameList(changes, 3)}` : "To be read by a person",
    changed: changes.length > 0 ? `Trust changes: ${nameList(changes, 3)}` : "Trust stays as it is",
    unchanged: "Nothing changes",
  }[verdict];
  const also =
    (verdict === "refused" || verdict === "emergency") && changes.length > 0
      ? `\n\nIt says: ${nameList(changes, 6)}.`
      : "";
  return `${marker(meshId)}\n### ${escaped(title)}${escaped(also)}`;
}

function findings({ findings }: Review): string {
  const items = findings.slice(0, MOST_FINDINGS).map(item);
  const rest = findings.length - items.length;
  return [
    ...items,
    ...(rest > 0 ? [`- and ${rest} more findings: \`istio-vault review\` shows them all`] : []),
  ].join("\n");
}

/** The first clause, which says what is wrong, in bold. */
function item({ level, message, rule, page }: Finding): string {
  const [first, ...others] = message.split("; ");
  const sentences = [
    `**${escaped(capital(first))}.**`,
    ...others.map((part) => `${escaped(capital(part))}.`),
  ];
  return `- ${level === "error" ? "**Refused**" : "Warning"}: ${sentences.join(" ")} (${rule}, ${page})`;
}

function table(rows: readonly TrustRow[]): string {
  if (!rows.some(isChanged)) return "";
  const lines = rows.slice(0, MOST_ROWS).map((row) => {
    const after = isChanged(row) ? `**${escaped(row.after)}**` : escaped(row.after);
    return `| ${escaped(row.subject)} | ${escaped(row.before)} | ${after} | ${escaped(row.note)} |`;
  });
  const rest = rows.length - lines.length;
  return [
    "| | before | after | |",
    "|---|---|---|---|",
    ...lines,
    ...(rest > 0 ? [`| and ${rest} more lines | | | |`] : []),
  ].join("\n");
}

function picture({ picture }: Review): string {
  return picture === undefined ? "" : `\`\`\`mermaid\n${picture}\n\`\`\``;
}

function stacks({ stacks, steps, findings }: Review): string {
  if (stacks.length === 0) return "**Affected stacks:** none.";
  const names = stacks.map(({ stack }) => code(stack));
  const gone = findings.some(
    ({ rule }) => rule === rules.rootDestroyed.id || rule === rules.destroyedOrReplaced.id,
  );
  return [
    `**Affected stacks:** ${nameList(names, 10)}. **Destroyed or replaced:** ${gone ? "see above" : "nothing that lasts"}.`,
    ...steps.map((step) => escaped(`${step}.`)),
  ].join("\\\n");
}

function accounts({ accounts }: Review): string {
  const text = accounts ? accountsText(accounts) : "";
  return text === "" ? "" : escaped(`${text}.`);
}

function details({ stacks }: Review): string {
  if (stacks.length === 0) return "";
  const alike = [...groupBy(stacks, ({ change, reason }) => `${change}: ${reason}`)];
  const lines = alike
    .slice(0, MOST_STACKS)
    .map(([why, all]) => `- ${nameList(all.map(({ stack }) => code(stack)))}, ${escaped(why)}`);
  const rest = alike.length - lines.length;
  return [
    "<details><summary>Why these stacks</summary>",
    "",
    ...lines,
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    "",
    "</details>",
  ].join("\n");
}

function footer({ commits }: Review): string {
  const head = `${commits.head.slice(0, 7)}${commits.uncommitted ? " and what is not committed" : ""}`;
  return `<sub>istio-vault review: ${head} against ${commits.base.slice(0, 7)}, its merge-base with ${escaped(commits.ref)}</sub>`;
}

/** Text that Markdown and HTML leave as it is, and that calls nobody. */
function escaped(text: string): string {
  return text
    .replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]!)
    .replace(/[\\`*_[\]|~#]/g, "\\$&")
    .replaceAll("@", "&#64;");
}

function code(name: string): string {
  return `\`${name.replace(/[^\w.-]/g, "_")}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
