import { PAGES } from "../../../lib/private/pages";
import { nameList } from "../../../lib/private/text";
import type { ReportFacts } from "../facts";
import { html, type Part } from "../html";
import { type VersionRow, versionsOf } from "../versions";
import { badge, type Section, table } from "./parts";

/** Versions, and until when upstream supports them. */
export function versionsSection({ mesh, at }: ReportFacts): Section {
  const all = mesh.clusters.length;
  return {
    id: "versions",
    title: "Versions and their support",
    body: html`
      <p class="lead">
        As declared; days of upstream's support are those in
        <a href="${PAGES}/docs/tested-versions.md">tested versions</a>.
      </p>
      ${table(
        "Versions and their support",
        ["component", "version", "clusters", "supported"],
        versionsOf(mesh).map((row) => [
          row.what,
          row.version,
          row.clusters.length === all && all > 1 ? `every cluster (${all})` : nameList(row.clusters),
          supportText(row, at),
        ]),
      )}
    `,
  };
}

function supportText({ support }: VersionRow, at: Date): Part {
  if (support === undefined) return "not known here";
  const { lastDay, expected } = support;
  if (lastDay === undefined) return "until the next release";
  const text = expected ? `until about ${lastDay}` : `until ${lastDay}`;
  return lastDay < at.toISOString().slice(0, 10) ? html`${text} ${badge("error", "ended")}` : text;
}
