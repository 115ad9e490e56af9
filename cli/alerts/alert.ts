/** What a rule of Prometheus's says, before it is written down. */
export interface Alert {
  /** Its section in docs/alerts.md is named after it. */
  readonly name: string;
  readonly expr: string;
  /** How long it must hold, in seconds. */
  readonly forSeconds: number;
  /** critical: people are called, now; warning: somebody looks within a day. */
  readonly severity: "critical" | "warning";
  /** Where the series themselves do not say it. */
  readonly cluster?: string;
  readonly summary: string;
  readonly description: string;
}

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Where what a rule looks at comes from. */
export const SOURCES = ["istiod", "kubernetes", "status", "vault"] as const;
export type Source = (typeof SOURCES)[number];
