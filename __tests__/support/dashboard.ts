import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly links?: readonly { readonly url: string }[];
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** docs/grafana-dashboard.json. */
export const dashboardText = readFileSync(
  join(__dirname, "..", "..", "docs", "grafana-dashboard.json"),
  "utf8",
);

export const dashboard = JSON.parse(dashboardText) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
};

/** Its expressions as Grafana sends them to Prometheus, with all clusters selected and a scrape every few minutes. */
export const expressions = dashboard.panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr }) => expr.replaceAll("$cluster", ".*").replaceAll("$__rate_interval", "15m")),
);
