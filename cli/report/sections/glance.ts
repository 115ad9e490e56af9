import { span } from "../../command-line/text";
import { counted, nextStep } from "../../status/report";
import { reportedClusters, type State } from "../clusters";
import type { ReportFacts } from "../facts";
import { findingsOf } from "../findings";
import { html, type Html, type Part } from "../html";
import { declaredLifelines, type Lifeline, lifelines } from "../lifelines";
import { badge, day, term } from "./parts";
import { rootChips } from "./tree";

/** The mesh in four figures. */
export function glance(facts: ReportFacts): Html {
  const { mesh, status } = facts;
  const clusters = reportedClusters(facts);
  const signing = new Set(clusters.flatMap(({ trust, runs }) => (runs ?? trust).signing ?? []));
  const findings = findingsOf(facts);
  return html`<dl class="glance">
    ${term(signing.size === 1 ? "signing root" : "signing roots", rootChips(mesh, [...signing]))}
    ${term(status ? "state" : "findings", html`${status || findings.length > 0 ? counted(findings) : "none in mesh.yaml"} ${status && states(clusters.map(({ state }) => state))}`)}
    ${term("next renewal", renewal(facts))}
    ${term("next step", status?.next ? nextStep(status.next).replace(/^next step[:,] /, "") : "unknown without --live")}
  </dl>`;
}

function states(all: readonly State[]): Html {
  const counts = [...new Set(all)].map(
    (state) => [state, all.filter((one) => one === state).length] as const,
  );
  return html`<small>${counts.map(([state, count]) => html`${badge(state, `${count} ${state}`)} `)}</small>`;
}

function renewal(facts: ReportFacts): Part {
  const { at, status } = facts;
  if (!status) {
    const first = declaredLifelines(facts).find(({ kind }) => kind === "intermediate")!;
    return html`${lengthOf(first.notBefore, first.due)} after it is issued
      <small>intermediates of ${first.name}</small>`;
  }
  const intermediates = lifelines(facts).filter(({ kind }) => kind === "intermediate");
  const overdue = intermediates.filter(({ due }) => due <= at);
  if (overdue.length > 0) return html`due now <small>${names(overdue)}</small>`;
  const [next] = intermediates;
  return next && html`${day(next.due)} <small>${next.name}, in ${lengthOf(at, next.due)}</small>`;
}

function names(lines: readonly Lifeline[]): string {
  return lines.length === 1 ? lines[0].name : `${lines[0].name} and ${lines.length - 1} more`;
}

function lengthOf(from: Date, to: Date): string {
  return span(to.getTime() - from.getTime()).split(" ")[0];
}
