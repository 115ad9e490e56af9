import { plural, span } from "../../command-line/text";
import type { ReportFacts } from "../facts";
import { html, type Html } from "../html";
import { declaredLifelines, type Lifeline, lifelines } from "../lifelines";
import { type Scale, scaleOf } from "../scale";
import { day, minute, type Section } from "./parts";

/** So many lines are shown; more fold. */
const SHOWN = 16;

/** Every certificate's life, and when it is to be renewed. */
export function timelineSection(facts: ReportFacts): Section {
  const { status, at } = facts;
  const lines = status ? lifelines(facts) : declaredLifelines(facts);
  const scale = scaleFor(lines, at);
  const step = stepLine(facts, scale);
  return {
    id: "time",
    title: "Certificates in time",
    body: html`
      <p class="lead">
        ${
          status
            ? "Roots, and what istiods sign with; what is due first comes first."
            : "As long as each would live if it were issued today: dates that exist need access to the mesh, with --live."
        }
      </p>
      ${legend(step !== undefined)}
      ${
        lines.length === 0
          ? html`<p>No certificate could be seen.</p>`
          : html`${chart(lines.slice(0, SHOWN), scale, at, step)}
            ${
              lines.length > SHOWN &&
              html`<details>
                <summary>${plural(lines.length - SHOWN, "more certificate")}, due later</summary>
                ${chart(lines.slice(SHOWN), scale, at)}
              </details>`
            }`
      }
    `,
  };
}

/** As long as what clusters sign with: roots live so much longer that nothing else would be seen. */
function scaleFor(lines: readonly Lifeline[], at: Date): Scale {
  const short = lines.filter(({ kind }) => kind !== "root");
  const counted = short.length > 0 ? short : lines;
  const times = counted.flatMap(({ notBefore, notAfter }) => [notBefore.getTime(), notAfter.getTime()]);
  const [first, last] = [Math.min(at.getTime(), ...times), Math.max(at.getTime(), ...times)];
  const margin = (last - first) * 0.04;
  return scaleOf(new Date(first - margin), new Date(last + margin));
}

function legend(hasStep: boolean): Html {
  return html`<ul class="legend">
    <li><span class="key fresh"></span>valid</li>
    <li><span class="key due"></span>renewal due</li>
    <li><span class="key late"></span>status warns</li>
    <li><span class="key now"></span>now</li>
    ${hasStep && html`<li><span class="key step"></span>next step is safe</li>`}
  </ul>`;
}

function chart(lines: readonly Lifeline[], scale: Scale, at: Date, first?: Html): Html {
  return html`<div class="chart">
    <div class="line axis" aria-hidden="true">
      <span></span>
      <svg width="100%" height="18" role="presentation">
        ${scale.ticks.map(
          ({ place, label }) =>
            html`<text class="tick" x="${percent(place)}" y="13" text-anchor="${anchor(place)}"
              >${label}</text
            >`,
        )}
      </svg>
      <span></span>
    </div>
    <ol>
      ${first}
      ${lines.map(
        (line) =>
          html`<li class="line">
            <span class="line-name">${line.name} <small>${line.kind}</small></span>
            ${bar(line, scale, at)}
            <span class="line-text">${text(line, at)}</span>
          </li>`,
      )}
    </ol>
  </div>`;
}

/** From when on the next step of a rotation is safe, where that is known. */
function stepLine({ status, at }: ReportFacts, scale: Scale): Html | undefined {
  const { verdict, changes = [], until } = status?.next ?? {};
  const date = verdict === "now" ? at : until;
  if (!date) return undefined;
  const place = percent(Math.min(100, Math.max(0, scale.place(date))));
  return html`<li class="line">
    <span class="line-name">next step <small>${changes.join("; ")}</small></span>
    <svg width="100%" height="20" aria-hidden="true">
      ${grid(scale)}
      <line class="step" x1="${place}" x2="100%" y1="10" y2="10" />
      <circle class="step" cx="${place}" cy="10" r="5" />
      ${nowLine(scale, at)}
    </svg>
    <span class="line-text">${date === at ? "safe now" : `safe from ${minute(date)}`}</span>
  </li>`;
}

function grid({ ticks }: Scale): Html {
  return html`${ticks.map(
    ({ place }) => html`<line class="grid" x1="${percent(place)}" x2="${percent(place)}" y1="0" y2="20" />`,
  )}`;
}

function nowLine(scale: Scale, at: Date): Html {
  const now = percent(scale.place(at));
  return html`<line class="now" x1="${now}" x2="${now}" y1="0" y2="20" />`;
}

/** A label stays within the picture. */
function anchor(place: number): string {
  return place < 4 ? "start" : place > 96 ? "end" : "middle";
}

function percent(place: number): string {
  return `${Math.round(place * 100) / 100}%`;
}

/** A bar that gets thinner as a certificate comes to its end. */
function bar({ notBefore, due, late, notAfter }: Lifeline, scale: Scale, at: Date): Html {
  return html`<svg width="100%" height="20" aria-hidden="true">
    ${grid(scale)} ${piece("fresh", notBefore, due, 12, scale)} ${piece("due", due, late, 8, scale)}
    ${piece("late", late, notAfter, 4, scale)}
    ${scale.place(notAfter) > 100 && html`<text class="beyond" x="100%" y="14" text-anchor="end">›</text>`}
    ${nowLine(scale, at)}
  </svg>`;
}

function piece(kind: string, from: Date, to: Date, height: number, scale: Scale): Html | undefined {
  const [start, end] = [from, to].map((date) => Math.min(100, Math.max(0, scale.place(date))));
  if (end <= start) return undefined;
  return html`<rect
    class="${kind}"
    x="${percent(start)}"
    width="${percent(end - start)}"
    y="${10 - height / 2}"
    height="${height}"
    rx="1.5"
  />`;
}

function text({ kind, due, late, notAfter }: Lifeline, at: Date): Html {
  if (notAfter <= at) return html`<strong class="is-late">expired ${day(notAfter)}</strong>`;
  const what = kind === "root" ? "new root" : "renewal";
  const when =
    late <= at
      ? html`<strong class="is-late">${what} overdue</strong>`
      : due <= at
        ? html`<strong class="is-due">${what} due</strong>`
        : kind === "root"
          ? `new root due ${day(due)}`
          : `due ${day(due)} (${lengthOf(at, due)})`;
  return html`${when} · until ${day(notAfter)}`;
}

function lengthOf(from: Date, to: Date): string {
  return span(to.getTime() - from.getTime()).split(" ")[0];
}
