import type { Mesh } from "../../config/mesh";
import { gate, type GateVerdict } from "../status/gate";
import { whatIsLacking, whereIstioRuns } from "../status/live-mesh";
import type { Observation } from "../status/look";
import { proxyState } from "../status/proxies";
import type { Course } from "./course";
import { stepSeconds } from "./durations";
import { exchange } from "./exchange";
import type { Stolen } from "./revoked";
import { rootsOf } from "./roots";
import { rotation } from "./rotation";
import { type RunningCluster, runningClusters } from "./running";
import { takeBack } from "./take-back";

/** What is asked for: another root, or another intermediate. */
export type Goal =
  | { readonly kind: "root"; readonly to: string; readonly from?: string; readonly back?: boolean }
  | { readonly kind: "intermediate"; readonly stolen: Stolen; readonly back?: boolean };

/** Where a rotation stands. */
export interface Standing {
  readonly mesh: string;
  readonly at: Date;
  /** Undefined where too much is unknown. */
  readonly course: Course | undefined;
  /** Whether the step may be deployed now. */
  readonly next: GateVerdict;
}

/** @param mesh what mesh.yaml says, with a root that is yet to be made */
export function standingOf(mesh: Mesh, goal: Goal, seen: Observation): Standing {
  const { states, roots, at } = seen;
  const running = whereIstioRuns(states);
  const lacking = [
    ...new Set([
      ...whatIsLacking(running, roots),
      ...running.filter(({ facts }) => !facts.vault.known).map(({ name }) => `Vault's secrets of ${name}`),
    ]),
  ];
  const base = { mesh: mesh.id, at };
  if (lacking.length > 0)
    return { ...base, course: undefined, next: { ...NOTHING, verdict: "unknown", lacking } };
  const renewal = Math.max(1, ...running.map((state) => proxyState(state, at)?.renewalSeconds ?? 0));
  const course = courseOf(mesh, goal, runningClusters(seen), stepSeconds(mesh, renewal));
  return { ...base, course, next: verdictOf(course, gate(course.wanted, states, roots, at)) };
}

function courseOf(
  mesh: Mesh,
  goal: Goal,
  running: readonly RunningCluster[],
  seconds: ReturnType<typeof stepSeconds>,
): Course {
  if (goal.kind === "intermediate") {
    return (goal.back ? takeBack : exchange)(mesh, running, goal.stolen, seconds);
  }
  return rotation(mesh, running, rootsOf(mesh, running, goal), seconds);
}

/** The gate sees no intermediate that is exchanged under the same root: that waits for nothing. */
function verdictOf({ steps, at }: Course, verdict: GateVerdict): GateVerdict {
  if (at === steps.length) return { ...NOTHING, verdict: "nothing to do" };
  return verdict.verdict === "nothing to do"
    ? { ...NOTHING, verdict: "now", changes: [steps[at].text] }
    : verdict;
}

const NOTHING = { changes: [], lacking: [], findings: [], until: undefined };
