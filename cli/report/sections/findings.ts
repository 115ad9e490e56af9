import { nameList } from "../../../lib/private/text";
import { counted, grouped } from "../../status/report";
import { CATEGORIES } from "../../status/status-finding";
import type { ReportFacts } from "../facts";
import { findingsOf } from "../findings";
import { html } from "../html";
import { findingList, type Section } from "./parts";

/** What is wrong, by kind; what several clusters have in common is said once. */
export function findingsSection(facts: ReportFacts): Section {
  const findings = findingsOf(facts);
  const kinds = CATEGORIES.map((category) => ({
    category,
    groups: grouped(findings.filter((finding) => finding.category === category)),
  })).filter(({ groups }) => groups.length > 0);
  return {
    id: "findings",
    title: "Findings and drift",
    body: html`
      <p class="lead">
        ${facts.status ? `Of the running mesh, against mesh.yaml: ${counted(findings)}.` : `${findings.length === 0 ? "Nothing found in mesh.yaml" : `Of mesh.yaml: ${counted(findings)}`}. Drift needs access to the mesh, with --live.`}
      </p>
      ${kinds.map(
        ({ category, groups }) => html`
          <h3>${category}</h3>
          ${findingList(
            groups.map(({ finding, clusters }) => ({
              finding,
              where: clusters.length > 0 ? nameList(clusters) : undefined,
            })),
          )}
        `,
      )}
    `,
  };
}
