import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { SOURCES } from "../cli/alerts/alert";
import { METRICS_OF } from "../cli/alerts/metrics";
import { rulesFile } from "../cli/alerts/rules-file";
import { METRICS } from "../cli/status/metrics";
import { dashboardFile } from "../dashboard/dashboard";
import { PAGES } from "../lib/private/pages";
import { anchors } from "./support/anchors";
import { dashboard, dashboardText, expressions } from "./support/dashboard";
import { meshWith } from "./support/mesh-file";
import { metricsIn } from "./support/promql";

const PROJECT = join(__dirname, "..");
const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");

const panels = dashboard.panels.filter(({ type }) => type !== "row");

test("docs/grafana-dashboard.json is current: npm run dashboard", () => {
  expect(dashboardText).toBe(dashboardFile());
});

test.each(panels.map((panel) => [panel.title, panel] as const))("%s: links to what to do", (_, { links }) => {
  expect(links!.length).toBeGreaterThan(0);
  for (const { url } of links!) {
    expect(url.startsWith(`${PAGES}/docs/`)).toBe(true);
    const [page, heading] = url.slice(PAGES.length + 1).split("#");
    if (heading) expect(anchors(read(page))).toContain(heading);
    else expect(read(page)).not.toBe("");
  }
});

test.each(panels.map((panel) => [panel.title, panel] as const))(
  "%s: each legend tells its series apart",
  (_, { type, targets }) => {
    for (const { expr, legendFormat } of targets!) {
      const [, by = ""] = /^\w+ by \(([^)]*)\)/.exec(expr) ?? [];
      const named = [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label]) => label);
      expect(named).toEqual(type === "table" || by === "" ? [] : by.split(", "));
    }
  },
);

test("panels fill rows without overlap", () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
  );
  const last = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.length).toBe(24 * last);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

describe("the metrics", () => {
  const rules = rulesFile(
    meshWith((mesh) => {
      mesh.intermediates = { issuance: "external" };
      mesh.revocation = { lists: "served" };
    }),
    { cluster: undefined, sources: SOURCES, pages: "" },
  );
  const { groups } = parse(rules) as { groups: { rules: { expr: string }[] }[] };
  const ofAlerts = () => groups.flatMap((group) => group.rules.flatMap(({ expr }) => metricsIn(expr)));
  const [, { query }] = dashboard.templating.list;
  const ofDashboard = () => [
    ...expressions.flatMap(metricsIn),
    /^label_values\((\w+), cluster\)$/.exec(query)![1],
  ];
  const known = Object.values(METRICS_OF).flat();
  /** Prometheus's own, of the rules' alerts. */
  const own = "ALERTS";

  test("of alerts and panels are those that e2e finds on the real programs", () => {
    expect(ofAlerts().filter((metric) => !known.includes(metric))).toEqual([]);
    expect(new Set(ofDashboard().filter((metric) => !known.includes(metric)))).toEqual(new Set([own]));
  });

  test("of that list are all used, but for those that status exports for others", () => {
    const used = [...ofAlerts(), ...ofDashboard()];
    expect(known.filter((metric) => !used.includes(metric))).toEqual([
      METRICS.servedFrom,
      METRICS.servedUntil,
    ]);
  });
});
