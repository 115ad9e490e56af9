import { packageJson } from "../command-line/package-root";
import { plural } from "../command-line/text";
import type { ReportFacts } from "./facts";
import { Html, html } from "./html";
import { accessSection } from "./sections/access";
import { changeSection } from "./sections/change";
import { findingsSection } from "./sections/findings";
import { glance } from "./sections/glance";
import { minute, type Section } from "./sections/parts";
import { rotationSection } from "./sections/rotation";
import { timelineSection } from "./sections/timeline";
import { treeSection } from "./sections/tree";
import { versionsSection } from "./sections/versions";
import { STYLE } from "./style";

/** So that nothing is loaded and nothing runs, whatever gets into the page. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report: one HTML file that needs no other. */
export function page(facts: ReportFacts): string {
  const { mesh, at, status, change } = facts;
  const sections: Section[] = [
    ...(change ? [changeSection(facts, change)] : []),
    treeSection(facts),
    timelineSection(facts),
    rotationSection(facts),
    accessSection(facts),
    findingsSection(facts),
    versionsSection(facts),
  ];
  const { name, version } = packageJson();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}" />
        <meta name="color-scheme" content="light dark" />
        <title>Trust of ${mesh.id}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <h1>Trust of ${mesh.id}</h1>
          <p>
            trust domain ${mesh.trustDomain} · ${plural(mesh.clusters.length, "cluster")} ·
            ${status ? `as it ran at ${minute(at)}` : `as mesh.yaml declares it, at ${minute(at)}`}
          </p>
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main id="content">
          ${glance(facts)}
          ${sections.map(
            ({ id, title, body }) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${body}
              </section>`,
          )}
        </main>
        <footer>
          <p>By ${name} ${version}. It holds no key and no token, loads nothing and runs no script.</p>
        </footer>
      </body>
    </html>`.markup;
}
