import type { Mesh } from "../../config/mesh";
import { changeFindings } from "../../config/trust-transition";
import { liveMesh, whereIstioRuns } from "../status/live-mesh";
import type { Observation } from "../status/look";
import { proxyList, withoutLists } from "../status/proxies";
import type { Course } from "./course";
import type { Stolen } from "./revoked";
import type { Goal, Standing } from "./standing";

const HELD =
  "connections that stand are kept, whatever signed for them: afterwards restart what holds long ones";

/** What a person has to know before anything else: what a thief can do until when, and what haste would break. */
export function whatRemains(mesh: Mesh, goal: Goal, { course }: Standing, seen: Observation): string[] {
  if (!course) return [];
  const isOver = course.at === course.steps.length;
  if (goal.kind === "root") return isOver ? [] : ofRoot(mesh, course, seen);
  if (goal.back) return isOver ? [] : ofWayBack(goal.stolen);
  if (mesh.revocation?.lists !== "served") return isOver ? [] : ofUnrevocable(goal.stolen);
  return isOver ? ofRevoked(seen) : ofIntermediate(course, goal.stolen, seen);
}

function ofRoot(mesh: Mesh, course: Course, seen: Observation): string[] {
  const gone = course.steps.findIndex(({ text }) => text.startsWith("drop "));
  return [untilStep("the old root's key", course, gone), HELD, ...atOnce(mesh, seen, course.end)];
}

function ofIntermediate(course: Course, { cluster, serial }: Stolen, seen: Observation): string[] {
  const last = course.steps.length - 1;
  return [
    untilStep(`the key of intermediate ${serial}`, course, last),
    ...(course.at < last
      ? [
          `revoked at once instead, by hand: every cluster refuses new connections from and to ${cluster} until its workloads have renewed their certificates`,
        ]
      : []),
    HELD,
    ...whoLooksAtNone(seen),
  ];
}

function untilStep(key: string, { steps }: Course, at: number): string {
  return `whoever has ${key} can play any workload of every cluster until step ${at + 1}, ${steps[at].text}, is in effect everywhere; the steps cost no connection`;
}

function ofRevoked(seen: Observation): string[] {
  return [
    "the lists are in every pod about a minute after their clusters hand them out: docs/revocation.md#revoke",
    HELD,
    ...whoLooksAtNone(seen),
  ];
}

function ofUnrevocable({ serial }: Stolen): string[] {
  return [
    `whoever has the key of intermediate ${serial} can play any workload of every cluster until it expires, or its root is dropped: no revocation lists are served, so nothing refuses it`,
    "issuing and renewing end its use in the mesh, and cost no connection",
    HELD,
  ];
}

function ofWayBack({ serial }: Stolen): string[] {
  return [
    `whoever has the key of intermediate ${serial} can play any workload of every cluster once it is accepted again`,
    "an intermediate that was issued instead, and certificates that were renewed, are not taken back",
  ];
}

/** To whom it makes no difference. */
function whoLooksAtNone({ states }: Observation): string[] {
  const names = states.flatMap(({ name, facts }) => withoutLists(facts).map((pod) => `${pod} in ${name}`));
  return [
    ...(names.length > 0 ? [`these look at no list, and go on accepting it: ${proxyList(names)}`] : []),
    "agents and istiods look at no list either: docs/revocation.md#what-a-revocation-does-not-reach",
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
