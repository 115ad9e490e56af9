import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(__dirname, "..", "..", "..", "docs", "permission-denied.md");

/** A row of docs/permission-denied.md: one cause, and the texts it is known by. */
export interface PageRow {
  /** Anchor, given in the cell of the cause. */
  readonly id: string;
  /** What the page says is answered, `…` for what differs from case to case. */
  readonly answer: string;
  /** What it says Vault's debug log tells; empty for nothing, undefined where the table does not say. */
  readonly log: string | undefined;
}

/** Every row with an anchor, in the page's order. */
export function pageRows(page = readFileSync(PAGE, "utf8")): readonly PageRow[] {
  const rows: PageRow[] = [];
  let titles: string[] = [];
  let before: string[] = [];
  for (const line of page.split("\n")) {
    const cells = cellsOf(line);
    if (cells[0]?.startsWith("---")) titles = before;
    before = cells;
    const id = /<a id="([^"]+)"><\/a>/.exec(line)?.[1];
    if (id === undefined) continue;
    const cell = (title: string) => {
      const index = titles.indexOf(title);
      return index === -1 ? undefined : (/`([^`]+)`/.exec(cells[index]!)?.[1] ?? "");
    };
    rows.push({ id, answer: cell("answer") ?? "", log: cell("Vault's log") });
  }
  return rows;
}

/** The one command of the page's code blocks that has this in it. */
export function pageCommand(part: string, page = readFileSync(PAGE, "utf8")): string {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!);
  const [command, another] = blocks
    .flatMap((block) => block.split("\n"))
    .filter((line) => line.includes(part));
  if (command === undefined || another !== undefined)
    throw new Error(`${PAGE} has not one command with ${part}`);
  return command;
}

/** Whether a text is the one a page gives. */
export function isText(given: string, text: string): boolean {
  const parts = given.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

function cellsOf(line: string): string[] {
  return line.startsWith("| ")
    ? line
        .slice(2)
        .replace(/ \|$/, "")
        .split(" | ")
        .map((cell) => cell.trim())
    : [];
}
