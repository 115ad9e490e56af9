import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { findTool } from "./tool";

export const promtool = findTool("promtool");

/** Series in promtool's notation: `metric{label="x"}` and its values. */
export type Series = Readonly<Record<string, string>>;

const MINUTES = 26 * 60;
const STEP_MINUTES = 5;
const SAMPLES = MINUTES / STEP_MINUTES;

/** The same value throughout. */
export const constant = (value: number) => `${value}x${SAMPLES}`;
/** Growing by so much a minute. */
export const growing = (perMinute: number) => `0+${perMinute * STEP_MINUTES}x${SAMPLES}`;

/** Series, and when they are looked at. Time begins at 0. */
export interface Evaluation {
  readonly name: string;
  readonly series: Series;
  readonly afterHours: number;
}

/** What fires then: alert, severity, cluster, and how many times. */
export interface Expectation extends Evaluation {
  readonly fires: readonly { alert: string; severity: string; cluster?: string; times?: number }[];
}

/** What promtool says of a rules file; nothing where it is content. */
export function checkRules(rules: string): string {
  return inDirectory({ "rules.yml": rules }, ["check", "rules", "rules.yml"]);
}

/** What promtool says of the alerts that fire. */
export function testRules(rules: string, { name, series, afterHours, fires }: Expectation): string {
  const samples = fires.map(({ alert, severity, cluster, times = 1 }) => {
    const labels = { alertname: alert, severity, ...(cluster !== undefined && { cluster }) };
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return { labels: `{${text.join(",")}}`, value: times };
  });
  const expr = `count by (alertname, severity, cluster) (ALERTS{alertstate="firing"})`;
  const test = { expr, eval_time: `${afterHours * 60}m`, exp_samples: samples };
  return testExpressions({ "rules.yml": rules }, name, series, [test]);
}

/** What promtool says of expressions that give nothing. */
export function unanswered(expressions: readonly string[], { name, series, afterHours }: Evaluation): string {
  const tests = expressions.map((expr) => ({
    expr: `absent(${expr})`,
    eval_time: `${afterHours * 60}m`,
    exp_samples: [],
  }));
  return testExpressions({}, name, series, tests);
}

function testExpressions(
  rules: Readonly<Record<string, string>>,
  name: string,
  series: Series,
  tests: readonly object[],
): string {
  const file = {
    rule_files: Object.keys(rules),
    evaluation_interval: `${STEP_MINUTES}m`,
    tests: [
      {
        name,
        interval: `${STEP_MINUTES}m`,
        input_series: Object.entries(series).map(([it, values]) => ({ series: it, values })),
        promql_expr_test: tests,
      },
    ],
  };
  return inDirectory({ ...rules, "tests.yml": stringify(file) }, ["test", "rules", "tests.yml"]);
}

function inDirectory(files: Readonly<Record<string, string>>, args: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "promtool-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const { status, stdout, stderr } = spawnSync(promtool!, args, { cwd: directory, encoding: "utf8" });
    return status === 0 ? "" : stdout + stderr;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
