import { parser } from "@prometheus-io/lezer-promql";

/** The names of the metrics in a PromQL expression; throws if it is none. */
export function metricsIn(expr: string): string[] {
  const metrics: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${expr}`);
      if (type.name === "Identifier" && node.parent?.name === "VectorSelector")
        metrics.push(expr.slice(from, to));
    },
  });
  return metrics;
}
