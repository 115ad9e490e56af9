import type { Mesh } from "../../config/mesh";
import { changeFindings } from "../../config/trust-transition";
import { liveMesh, whereIstioRuns } from "../status/live-mesh";
import type { Observation } from "../status/look";
import type { Goal, Standing } from "./standing";

/** What a person has to know before anything else: what a thief can do until when, and what haste would break. */
export function whatRemains(mesh: Mesh, goal: Goal, { course }: Standing, seen: Observation): string[] {
  if (!course || course.at === course.steps.length) return [];
  const held =
    "connections that stand are kept, whatever signed for them: afterwards restart what holds long ones";
  if (goal.kind === "intermediate") {
    const revocable = mesh.revocation?.lists === "served";
    return [
      `whoever has the key of intermediate ${goal.stolen.serial} can play any workload of every cluster until it ${revocable ? "is revoked" : "expires"}, or its root is dropped`,
      "these steps end its use in the mesh, and cost no connection",
      held,
      revocable
        ? "afterwards revoke it: docs/revocation.md#revoke"
        : "proxies look at no revocation list; to end it sooner, rotate its root: istio-vault rotate --stolen --to <root>",
    ];
  }
  const gone = course.steps.findIndex(({ text }) => text.startsWith("drop "));
  return [
    `whoever has the old root's key can play any workload of every cluster until step ${gone + 1}, ${course.steps[gone].text}, is in effect everywhere; the steps cost no connection`,
    held,
    ...atOnce(mesh, seen, course.end),
  ];
}

/** Who loses connectivity if all of it is done in one change. */
function atOnce(mesh: Mesh, { states, roots }: Observation, end: Mesh): string[] {
  const found = changeFindings(liveMesh(mesh, whereIstioRuns(states), roots), {
    ...end,
    emergency: "all at once",
  });
  return found.map(({ message }) => `in one change instead, by trust.emergency: ${message}`);
}
