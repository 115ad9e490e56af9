import { nameList } from "../../lib/private/text";
import type { Finding } from "../../lib/rules";
import { explainLists } from "./declared-lists";
import { clustersOf, type Difference, differencesOf } from "./differences";
import { explainBlock, explainStack } from "./explain-blocks";
import { explainAttribute, explainGone, explainNew } from "./explain-resources";
import { changeText, type Explanation, placeText, type Sides } from "./explanation";
import { rules } from "./rules";
import { ofEach, shown } from "./shown";

/** What became of every difference between two commits' stacks. */
export interface Accounts {
  readonly findings: readonly Finding[];
  /** How many differences there are. */
  readonly differences: number;
  /** How many of them each rule explains: by its id where it makes a finding, by its name where it is harmless. */
  readonly explained: Readonly<Record<string, number>>;
  /** How many no rule explains; each has a finding. */
  readonly unexplained: number;
}

const EXPLAINERS = [explainLists, explainStack, explainBlock, explainNew, explainGone, explainAttribute];

/**
 * Explains every difference, or says that none of the rules does.
 *
 * @param told what other rules have found: an explanation by one of them counts only where it has spoken
 */
export function accountFor(sides: Sides, told: readonly Finding[]): Accounts {
  const differences = differencesOf(sides.base, sides.head, clustersOf(sides.baseMesh, sides.mesh));

  const spoken = new Set(told.map(({ rule }) => rule));
  const explained: Record<string, number> = {};
  const facts: { subject: string; kind: string; what: string; why: string }[] = [];
  let unexplained = 0;
  for (const difference of differences) {
    const explanation = explain(difference, sides, spoken);
    const rule = ruleOf(explanation);
    if (rule === undefined) unexplained += 1;
    else explained[rule] = (explained[rule] ?? 0) + 1;
    const fact = factOf(difference, explanation);
    if (fact) facts.push({ subject: shown(difference.stack), ...fact });
  }
  const findings = ofEach(facts, (subjects, { kind, what, why }) => {
    const stacks = nameList(subjects);
    if (kind === "weakened") return rules.failClosedWeakened(stacks, what);
    return kind === "shown" ? rules.valueToRead(stacks, what, why) : rules.unaccounted(stacks, what);
  });
  return { findings, differences: differences.length, explained, unexplained };
}

function explain(difference: Difference, sides: Sides, spoken: ReadonlySet<string>): Explanation | undefined {
  for (const explainer of EXPLAINERS) {
    const explanation = explainer(difference, sides);
    // A rule that watches a place may have found nothing in it.
    if (explanation?.kind !== "told") {
      if (explanation) return explanation;
      continue;
    }
    const rule = explanation.rules.find((id) => spoken.has(id));
    return rule === undefined ? explanation.otherwise : { ...explanation, rules: [rule] };
  }
  return undefined;
}

function ruleOf(explanation: Explanation | undefined): string | undefined {
  switch (explanation?.kind) {
    case "harmless":
      return explanation.rule;
    case "told":
      return explanation.rules[0];
    case "shown":
      return rules.valueToRead.id;
    case "weakened":
      return rules.failClosedWeakened.id;
    default:
      return undefined;
  }
}

function factOf(difference: Difference, explanation: Explanation | undefined) {
  switch (explanation?.kind) {
    case "harmless":
    case "told":
      return undefined;
    case "shown":
      return explanation;
    case "weakened":
      return { ...explanation, why: "" };
    default:
      return { kind: "unaccounted", what: `${placeText(difference)} ${changeText(difference)}`, why: "" };
  }
}

/** The accounts in a line. */
export function accountsText({ differences, explained, unexplained }: Omit<Accounts, "findings">): string {
  if (differences === 0) return "";
  const counted = Object.entries(explained)
    .sort(([, one], [, other]) => other - one)
    .map(([rule, count]) => `${count} ${rule}`);
  const rest = unexplained === 0 ? [] : [`${unexplained} by no rule`];
  return `${differences} differences accounted for: ${[...rest, ...counted].join(", ")}`;
}
