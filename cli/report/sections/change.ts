import { plural } from "../../command-line/text";
import { nameList } from "../../../lib/private/text";
import { groupBy } from "../../../lib/private/group-by";
import type { Review } from "../../review/review";
import { type ClusterState, isChanged } from "../../review/trust-table";
import type { ReportedChange, ReportFacts } from "../facts";
import { html, type Html, type Part } from "../html";
import { badge, findingList, type Section, table } from "./parts";
import { rootChips } from "./tree";

/** What a change does: before and after, side by side. */
export function changeSection(facts: ReportFacts, change: ReportedChange): Section {
  const { review } = change;
  return {
    id: "change",
    title: "What the change does",
    body: html`
      <p class="lead">
        ${verdict(review)} ${review.changes.length > 0 ? review.changes.join("; ") : "trust stays as it is"}
        <small>${commitText(review)}</small>
      </p>
      ${sides(facts, change)}
      ${
        review.trust.length > 0 &&
        table(
          "Trust before and after",
          ["trust", "before", "after", "note"],
          review.trust.map((row) => [
            row.subject,
            row.before,
            isChanged(row) ? html`<strong>${row.after}</strong> ${badge("added", "changed")}` : row.after,
            row.note,
          ]),
        )
      }
      ${
        review.findings.length > 0 &&
        html`<h3>Findings</h3>
          ${findingList(review.findings.map((finding) => ({ finding })))}`
      }
      ${list("To see to", review.steps)}
      ${list(
        "Affected stacks",
        review.stacks.map(({ stack, change, reason }) => html`<code>${stack}</code> ${change}: ${reason}`),
      )}
    `,
  };
}

const VERDICTS: Readonly<Record<Review["verdict"], readonly [kind: string, text: string]>> = {
  refused: ["error", "refused"],
  emergency: ["error", "emergency"],
  warned: ["warning", "warnings"],
  changed: ["well", "allowed"],
  unchanged: ["well", "no change"],
};

function verdict({ verdict }: Review): Html {
  return badge(...VERDICTS[verdict]);
}

function commitText({ commits: { ref, base, head, uncommitted } }: Review): string {
  const name = `${head.slice(0, 7)}${uncommitted ? " and what is not committed" : ""}`;
  return `${name} against ${base.slice(0, 7)}, its merge-base with ${ref}`;
}

/** The clusters whose trust changes, on both sides; those that change alike are one. */
function sides({ mesh }: ReportFacts, { clusters, mesh: base }: ReportedChange): Html | undefined {
  const changed = clusters.filter(({ before, after }) => key(before) !== key(after));
  if (changed.length === 0) return undefined;
  const groups = [...groupBy(changed, ({ before, after }) => `${key(before)} ${key(after)}`).values()];
  const rest = clusters.length - changed.length;
  const side = (name: "before" | "after") =>
    html`<section class="side ${name}" aria-label="trust ${name}">
      <h3>${name}</h3>
      ${groups.map(
        (group) =>
          html`<div class="card">
            <h4>${nameList(group.map((change) => change.name))}</h4>
            ${state(group[0][name], group[0][name === "before" ? "after" : "before"], name === "before" && base ? base : mesh)}
          </div>`,
      )}
    </section>`;
  return html`<div class="sides">${side("before")}${side("after")}</div>
    ${rest > 0 && html`<p>${plural(rest, "other cluster")}, unchanged.</p>`}`;
}

function key(state: ClusterState | undefined): string {
  return JSON.stringify(state && [state.signing, state.bundle]);
}

function state(
  state: ClusterState | undefined,
  other: ClusterState | undefined,
  mesh: ReportFacts["mesh"],
): Html {
  if (!state) return html`<p>not in the mesh</p>`;
  const differs = (one: unknown, two: unknown) =>
    other !== undefined && JSON.stringify(one) !== JSON.stringify(two);
  return html`<dl>
    <div class="${differs(state.signing, other?.signing) && "differs"}">
      <dt>signs with</dt>
      <dd>${rootChips(mesh, [state.signing])}</dd>
    </div>
    <div class="${differs(state.bundle, other?.bundle) && "differs"}">
      <dt>trusts</dt>
      <dd>${rootChips(mesh, state.bundle)}</dd>
    </div>
  </dl>`;
}

function list(title: string, items: readonly Part[]): Html | undefined {
  if (items.length === 0) return undefined;
  return html`<h3>${title}</h3>
    <ul>
      ${items.map((item) => html`<li>${item}</li>`)}
    </ul>`;
}
