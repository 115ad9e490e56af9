import { PAGES } from "../../../lib/private/pages";
import { type Finding } from "../../../lib/rules";
import { html, type Html, type Part } from "../html";

/** Pieces of markup that several sections have. */

/** A part of the page, which its navigation names. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** A word that says how something is, with a sign that is seen without colour. */
export function badge(kind: string, text: string = kind): Html {
  return html`<span class="badge ${kind}">${text}</span>`;
}

/**
 * A table that is rows of cards on a narrow screen, where each cell is headed by its column. Roles are stated, since
 * a table that is laid out as something else is none to a screen reader.
 *
 * @param caption what it shows, for those who do not see what is around it
 */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Part[])[]): Html {
  return html`<table role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${head.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) =>
          html`<tr role="row">
            ${cells.map((cell, column) =>
              column === 0
                ? html`<th role="rowheader" scope="row">${cell}</th>`
                : html`<td role="cell" data-label="${head[column]}"><span>${cell}</span></td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A name and what is said of it, in a list of such. */
export function term(name: string, text: Part): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${text}</dd>
  </div>`;
}

/** The page of a finding's rule. */
export function ruleLink({ rule, page }: Finding): Html {
  return html`<a href="${PAGES}/${page}">${rule}</a>`;
}

/** Findings, each with where it is. */
export function findingList(
  findings: readonly { readonly finding: Finding; readonly where?: string }[],
): Html {
  return html`<ul class="findings">
    ${findings.map(
      ({ finding, where }) =>
        html`<li>
          ${badge(finding.level)}
          ${where !== undefined && html`<strong>${where}:</strong> `}${finding.message}
          <span class="rule">${ruleLink(finding)}</span>
        </li>`,
    )}
  </ul>`;
}

/** A date as people read it, to the day. */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** To the minute. */
export function minute(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
