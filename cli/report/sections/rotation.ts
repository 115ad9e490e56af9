import { nextStep } from "../../status/report";
import { reportedClusters } from "../clusters";
import type { ReportFacts } from "../facts";
import { html } from "../html";
import { rotationOf, type RotationStep } from "../rotation";
import { PAGES } from "../../../lib/private/pages";
import { findingList, type Section } from "./parts";

/** How far a rotation is, and whether the next step may be taken. */
export function rotationSection(facts: ReportFacts): Section {
  const { mesh, status } = facts;
  const rotation = rotationOf(mesh, reportedClusters(facts));
  const next = status?.next;
  return {
    id: "rotation",
    title: "Rotation",
    body: html`
      ${
        rotation
          ? html`<p class="lead">
                From ${rotation.from.join(", ")} to ${rotation.to}, ${status ? "as it runs" : "as declared"}.
                Each step in every cluster before the next in any.
              </p>
              <ol class="steps">
                ${rotation.steps.map(step)}
              </ol>`
          : html`<p class="lead">
              None: every cluster trusts one root, ${mesh.clusters[0].trust.bundle.join(", ")}.
            </p>`
      }
      <p class="next">
        ${next ? sentence(nextStep(next)) : "Whether the next step may be taken now needs access to the mesh, with --live."}
        <a href="${PAGES}/docs/rotate-a-root.md">How a root is replaced</a>
      </p>
      ${next && next.findings.length > 0 && findingList(next.findings.map((finding) => ({ finding, where: finding.cluster })))}
    `,
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function step({ text, done, total }: RotationStep) {
  const share = (done ?? 0) / total;
  return html`<li class="${share === 1 ? "done" : share > 0 ? "begun" : "open"}">
    <strong>${text}</strong>
    <svg width="100%" height="8" aria-hidden="true">
      <rect class="track" width="100%" height="8" rx="4" />
      ${share > 0 && html`<rect class="fill" width="${Math.round(share * 1000) / 10}%" height="8" rx="4" />`}
    </svg>
    <span
      >${done === undefined ? "proxies show it, with --live" : `${done} of ${total} clusters`}${share === 1 && ", done"}</span
    >
  </li>`;
}
