import { type Problem, pathText } from "./mesh-file-error";
import { rules } from "./rules";

/**
 * Where a file holds what Terraform would evaluate, or cdktf would take for a token of its own. Helm
 * values are written so that Terraform leaves `${...}` alone; cdktf's tokens are found there too.
 */
export function terraformExpressions(value: unknown, path = "", mark = /[$%]\{|TfToken\[/): Problem[] {
  const received = typeof value === "string" ? mark.exec(value)?.[0] : undefined;
  if (received !== undefined) return [{ path, finding: rules.terraformExpression(received) }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const here = pathText([Array.isArray(value) ? Number(key) : key], path);
    const isHelm = key === "values" && !/\b(exec|configuration)\b/.test(path);
    const markBelow = isHelm ? /TfToken\[/ : mark;
    return [...terraformExpressions(key, here, mark), ...terraformExpressions(below, here, markBelow)];
  });
}
