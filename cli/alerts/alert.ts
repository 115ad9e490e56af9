/** A Prometheus alerting rule, before it is rendered. */
export interface Alert {
  /** Its section in docs/alerts.md is named after it. */
  readonly name: string;
  readonly expr: string;
  /** How long the expression must hold, in seconds. */
  readonly forSeconds: number;
  /** critical: pages on-call; warning: is handled within a day. */
  readonly severity: "critical" | "warning";
  /** Set if the series have no such label. */
  readonly cluster?: string;
  readonly summary: string;
  readonly description: string;
}

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Where the metrics of a rule come from. */
export const SOURCES = ["istiod", "kubernetes", "status", "vault"] as const;
export type Source = (typeof SOURCES)[number];
