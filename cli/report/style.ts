/** How the page looks: on a screen, light or dark as the reader has it, and on paper. */
export const STYLE = `
:root {
  --page: #f6f7f9; --card: #ffffff; --text: #1c2430; --soft: #56606e; --line: #d5dae1; --link: #0b57a8;
  --well: #1a7043; --warning: #8a5a00; --error: #b3261e; --unknown: #6941a8;
  --fresh: #3f7fc4; --due: #d99a1e; --late: #c93c33; --grid: #e4e8ed;
  --root-0: #2563a8; --root-1: #b4561b; --root-2: #1f7a5c; --root-3: #8a3f9e; --root-4: #8f6b00; --root-5: #4d5a68;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181e; --card: #1d232b; --text: #e6eaf0; --soft: #a6b0bd; --line: #37404c; --link: #84bdf8;
    --well: #6fcf97; --warning: #e9b949; --error: #ff8a80; --unknown: #c3a6f5;
    --fresh: #5c9ee0; --due: #e0a93b; --late: #ef6d64; --grid: #2b333d;
    --root-0: #74b2f2; --root-1: #f0a06a; --root-2: #69cfa8; --root-3: #d59be6; --root-4: #ddbf5a; --root-5: #aab6c4;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}
header, main, footer { max-width: 1280px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; }
h2 { margin: 0 0 4px; font-size: 20px; }
h3 { margin: 20px 0 6px; font-size: 16px; }
h4 { margin: 0; font-size: 15px; display: flex; justify-content: space-between; align-items: center; gap: 8px; }
header p, .lead, footer { color: var(--soft); }
header p { margin: 4px 0 12px; }
.lead { margin: 0 0 16px; max-width: 95ch; }
small { color: var(--soft); font-size: 13px; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px 12px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: 4px 0; }
section { margin: 36px 0 0; scroll-margin-top: 12px; }
footer { margin-top: 40px; padding-bottom: 32px; font-size: 13px; }

.glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; margin: 24px 0 0; }
.glance > div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.glance dt { color: var(--soft); font-size: 13px; }
.glance dd { margin: 2px 0 0; font-size: 16px; font-weight: 600; line-height: 1.4; }
.glance small { display: block; font-weight: 400; margin-top: 4px; }
.glance .badge { margin-top: 3px; }

.badge {
  display: inline-block; border: 1px solid currentColor; border-radius: 10px; padding: 0 8px;
  font-size: 12px; line-height: 18px; font-weight: 600; white-space: nowrap; color: var(--soft);
}
.badge::before { margin-right: 4px; }
.badge.well, .badge.added { color: var(--well); }
.badge.warning { color: var(--warning); }
.badge.error, .badge.removed { color: var(--error); }
.badge.unknown { color: var(--unknown); }
.badge.well::before { content: "✓" / ""; }
.badge.warning::before { content: "▲" / ""; }
.badge.error::before { content: "✕" / ""; }
.badge.unknown::before { content: "?" / ""; }
.chip {
  display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: 0 7px; line-height: 20px;
  border-left: 5px solid var(--root, var(--soft)); background: var(--card); font-weight: 600;
}
.root-0 { --root: var(--root-0); } .root-1 { --root: var(--root-1); } .root-2 { --root: var(--root-2); }
.root-3 { --root: var(--root-3); } .root-4 { --root: var(--root-4); } .root-5 { --root: var(--root-5); }
.root-unknown { --root: var(--error); }

.tree, .cards, .findings, .chart ol, .steps, .legend { list-style: none; margin: 0; padding: 0; }
.root { margin: 0 0 20px; }
.root-box {
  width: fit-content; max-width: 100%; background: var(--card); border: 1px solid var(--line);
  border-left: 6px solid var(--root); border-radius: 8px; padding: 10px 16px;
}
.root-box h3 { margin: 0; }
.root-box p { margin: 0; color: var(--soft); font-size: 14px; }
.branches { margin-left: 18px; padding: 14px 0 2px 22px; border-left: 3px solid var(--root); border-bottom-left-radius: 10px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr)); gap: 12px; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; min-width: 0;
  break-inside: avoid;
}
.card.error { border-color: var(--error); }
.card.warning { border-color: var(--warning); }
.card.unknown { border-color: var(--unknown); border-style: dashed; }
.card dl { margin: 6px 0 0; font-size: 14px; }
.card dl > div { display: grid; grid-template-columns: 98px minmax(0, 1fr); gap: 8px; padding: 1px 0; }
.card dt { color: var(--soft); }
.card dd { margin: 0; }
.card p { margin: 4px 0 0; font-size: 14px; }
.note { color: var(--soft); }
summary { cursor: pointer; padding: 4px 0; font-size: 14px; }
.branches > details { margin-top: 12px; }

.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin-bottom: 8px; }
.key { display: inline-block; width: 22px; margin-right: 6px; vertical-align: middle; border-radius: 2px; }
.key.fresh { height: 12px; background: var(--fresh); }
.key.due { height: 8px; background: var(--due); }
.key.late { height: 4px; background: var(--late); }
.key.step { height: 3px; background: var(--well); }
.key.now { width: 0; height: 14px; border-left: 2px dashed var(--text); }
.chart { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 16px 12px; }
.line {
  display: grid; grid-template-columns: 190px minmax(0, 1fr) 330px; gap: 2px 16px; align-items: center; padding: 3px 0;
  break-inside: avoid;
}
.line svg { display: block; overflow: visible; }
.line-name { font-weight: 600; min-width: 0; }
.line-name small { font-weight: 400; }
.line-text { font-size: 14px; color: var(--soft); }
.tick { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--grid); }
.now { stroke: var(--text); stroke-dasharray: 3 2; stroke-width: 1.5; }
line.step { stroke: var(--well); stroke-width: 3; } circle.step { fill: var(--well); }
rect.fresh { fill: var(--fresh); } rect.due { fill: var(--due); } rect.late { fill: var(--late); }
.beyond { fill: var(--card); font-size: 16px; font-weight: 700; }
.is-due { color: var(--warning); } .is-late { color: var(--error); }

.steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; counter-reset: step; }
.steps li { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; counter-increment: step; }
.steps strong::before { content: counter(step) ". "; }
.steps svg { display: block; margin: 8px 0; }
.steps span { font-size: 14px; color: var(--soft); }
.track { fill: var(--grid); } .fill { fill: var(--fresh); } .done .fill { fill: var(--well); }
.next { margin: 14px 0; max-width: 90ch; }

table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 8px; font-size: 14px; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; vertical-align: top; padding: 8px 12px; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: 13px; }
tbody th { font-weight: 600; min-width: 170px; }
tbody th small { display: block; font-weight: 400; overflow-wrap: anywhere; }
tbody tr:last-child > * { border-bottom: 0; }
.no { color: var(--soft); }
.yes { font-weight: 600; }
.yes.wide { color: var(--warning); }

.findings li { padding: 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.findings li:last-child { border-bottom: 0; }
.rule { white-space: nowrap; }
.sides { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; margin-bottom: 16px; }
.side { margin: 0; }
.side h3 { margin-top: 0; }
.side .card { margin-bottom: 10px; }
.card dl > .differs dd { outline: 2px solid var(--well); outline-offset: 2px; border-radius: 3px; width: fit-content; }
.before .card dl > .differs dd { outline-color: var(--line); }
code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }

@media screen and (max-width: 860px) {
  .line { grid-template-columns: minmax(0, 1fr); padding: 8px 0; }
  .axis { padding: 0; }
  .axis span { display: none; }
}
@media screen and (max-width: 720px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  .branches { margin-left: 8px; padding-left: 12px; }
  .tick:nth-of-type(even) { display: none; }
  .sides { grid-template-columns: minmax(0, 1fr); }
  table, tbody, tr, tbody th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { padding: 10px 14px; border-bottom: 1px solid var(--line); }
  tbody th, td { border: 0; padding: 2px 0; }
  td { display: grid; grid-template-columns: 130px minmax(0, 1fr); gap: 8px; }
  td::before { content: attr(data-label); color: var(--soft); }
  td:has(> span > .no, > span:empty) { display: none; }
  tr:has(.no)::after { content: "nothing else"; color: var(--soft); font-size: 13px; }
}
@media print {
  @page { margin: 12mm; }
  html { color-scheme: light; }
  body { background: #fff; zoom: 0.72; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  header, main, footer { max-width: none; }
  nav, .skip { display: none; }
  section { margin-top: 24px; }
  h2, h3, .lead, .root-box { break-after: avoid; }
  .tick:nth-of-type(even) { display: none; }
  tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; }
}
`;
