import { groupBy } from "../../lib/private/group-by";
import { shown as withoutSecrets } from "../../lib/private/shown";

/** Longer than any name or path of ours. */
const MOST = 160;

/** A text from a repository's files as it may be shown; only names, paths and hosts come here at all. */
export function shown(text: string): string {
  return withoutSecrets(text, MOST);
}

/** Findings that say the same of several subjects, as one. */
export function ofEach<Fact extends { readonly subject: string }, Said>(
  facts: readonly Fact[],
  say: (subjects: readonly string[], fact: Fact) => Said,
): Said[] {
  const alike = groupBy(facts, ({ subject: _, ...rest }) => JSON.stringify(rest));
  return [...alike.values()].map((group) => say([...new Set(group.map(({ subject }) => subject))], group[0]));
}
