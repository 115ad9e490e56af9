import { selector } from "../cli/alerts/scope";

/** Series of the clusters that are selected, and those that are no cluster's. */
export function of(metric: string, ...matchers: readonly string[]): string {
  return selector(metric, ['cluster=~"$cluster|"', ...matchers]);
}

/** Seconds until the first of these times, for each value of a label. */
export function left(label: string, until: string): string {
  return `min by (${label}) (${until}) - time()`;
}

/** How fast a counter grows, for each combination of labels. */
export function rate(labels: string, counter: string): string {
  return `sum by (${labels}) (rate(${counter}[$__rate_interval]))`;
}
