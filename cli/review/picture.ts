import { nameList } from "../../lib/private/text";
import { groupBy } from "../../lib/private/group-by";
import type { ClusterChange, ClusterState } from "./trust-table";

/** GitLab draws about 2,000 characters of Mermaid on a page; GitHub 50,000, and 500 edges. */
const MOST_CHARACTERS = 1900;

/**
 * Trust before and after, as Mermaid: roots above, clusters that change below, those that change alike as
 * one. An arrow signs, a dotted one trusts, a thick one is new or about to go. Without colours, which
 * would be unreadable in one of the reader's modes. Undefined where nothing changes, or too much to be drawn.
 */
export function picture(changes: readonly ClusterChange[]): string | undefined {
  const changed = changes.filter(({ before, after }) => stateText(before) !== stateText(after));
  if (changed.length === 0) return undefined;
  const groups = [
    ...groupBy(changed, (change) => `${stateText(change.before)} ${stateText(change.after)}`).values(),
  ];
  const edges = new Edges();
  const parts = [
    { name: "before", lines: side("before", groups, edges) },
    { name: "after", lines: side("after", groups, edges) },
    { name: "rest", lines: unchanged(changes.length - changed.length) },
  ].filter(({ lines }) => lines.length > 0);
  const text = [
    "flowchart LR",
    ...parts.flatMap(({ lines }) => lines),
    // Links that are not drawn: without them "after" may come first. Last, since edges are counted.
    ...(parts.length > 1 ? [`  ${parts.map(({ name }) => name).join(" ~~~ ")}`] : []),
    ...edges.styles(),
  ].join("\n");
  return text.length > MOST_CHARACTERS ? undefined : text;
}

type Side = "before" | "after";

/** Edges are styled by their number. */
class Edges {
  private count = 0;
  private readonly changed: number[] = [];

  public add(from: string, arrow: string, to: string, isChanged: boolean): string {
    if (isChanged) this.changed.push(this.count);
    this.count += 1;
    return `    ${from} ${arrow} ${to}`;
  }

  public styles(): string[] {
    return this.changed.length === 0 ? [] : [`  linkStyle ${this.changed.join(",")} stroke-width:4px`];
  }
}

function side(name: Side, groups: readonly ClusterChange[][], edges: Edges): string[] {
  const other: Side = name === "before" ? "after" : "before";
  const shownGroups = groups.map((group, index) => ({ group, index })).filter(({ group }) => group[0][name]);
  if (shownGroups.length === 0) return [];
  const roots = [...new Set(shownGroups.flatMap(({ group }) => rootsOf(group[0][name])))];
  const idOf = (root: string) => `${name}_root${roots.indexOf(root)}`;
  return [
    `  subgraph ${name}`,
    "    direction TB",
    ...roots.map((root) => `    ${idOf(root)}(["root ${root}"])`),
    ...shownGroups.map(
      ({ group, index }) =>
        `    ${name}_${index}["${nameList(
          group.map((change) => change.name),
          3,
        )}"]`,
    ),
    ...shownGroups.flatMap(({ group, index }) => {
      const [state, counterpart] = [group[0][name]!, group[0][other]];
      return rootsOf(state).map((root) => {
        const signs = root === state.signing;
        const was = counterpart && (signs ? counterpart.signing === root : counterpart.bundle.includes(root));
        return edges.add(idOf(root), signs ? "-->" : "-.->", `${name}_${index}`, !was);
      });
    }),
    "  end",
  ];
}

function rootsOf(state: ClusterState | undefined): readonly string[] {
  return state?.bundle ?? [];
}

function unchanged(count: number): string[] {
  if (count === 0) return [];
  return [`  rest["${count === 1 ? "1 other cluster" : `${count} other clusters`}, unchanged"]`];
}

function stateText(state: ClusterState | undefined): string {
  return state ? `${state.signing}:${state.bundle.join()}` : "";
}
