import { plural } from "../../command-line/text";
import { nameList } from "../../../lib/private/text";
import { access, type AccessRow, type Reach } from "../access";
import type { ReportFacts } from "../facts";
import { html, type Html, type Part } from "../html";
import { PAGES } from "../../../lib/private/pages";
import { badge, type Section, table } from "./parts";

/** Who may read, issue and log in where; of a change, what comes and goes. */
export function accessSection({ mesh, vault, change }: ReportFacts): Section {
  const { actions, rows } = access(mesh, vault);
  const before = change?.mesh && access(change.mesh, change.vault);
  const keys = (all: readonly AccessRow[] = []) => new Set(all.map(keyOf));
  const [was, is] = [keys(before?.rows), keys(rows)];
  const isNew = (row: AccessRow) => before !== undefined && !was.has(keyOf(row));
  // Rows of another list of actions cannot stand in this table.
  const gone =
    before?.actions.join() === actions.join() ? before.rows.filter((row) => !is.has(keyOf(row))) : [];
  return {
    id: "access",
    title: "Who may do what in Vault",
    body: html`
      <p class="lead">
        From the policies and logins of ${change ? "the synthesized stacks" : "mesh.yaml"}.
        ${before && (gone.length > 0 || rows.some(isNew) ? "What the change adds and removes is marked." : "The change leaves it as it is.")}
        <a href="${PAGES}/docs/identities.md">What leaks if one is stolen</a>
      </p>
      ${table(
        "Who may do what in Vault",
        ["who", "logs in by", ...actions],
        [
          ...rows.map((row) => cells(row, isNew(row) && badge("added", "new"))),
          ...gone.map((row) => cells(row, badge("removed"))),
        ],
      )}
    `,
  };
}

/** One cluster more is no other right. */
function keyOf({ clusters: _, ...row }: AccessRow): string {
  return JSON.stringify(row);
}

function cells({ who, accounts, login, clusters, reaches }: AccessRow, mark: Part): Part[] {
  return [
    html`${who} ${mark}<small>${accounts}${clusters > 1 && `, in ${plural(clusters, "cluster")}`}</small>`,
    login,
    ...reaches.map(reachText),
  ];
}

function reachText(reach: Reach): Html {
  switch (reach) {
    case "none":
      return html`<span class="no">no</span>`;
    case "own":
      return html`<span class="yes">its own</span>`;
    case "every":
      return html`<span class="yes wide">every one</span>`;
    default:
      return html`<span class="yes">${nameList(reach, 3)}</span>`;
  }
}
