import type { ChartsFrom } from "../config/mesh";
import { HelmCharts } from "../lib";

/** Where charts come from, as the constructs take it. */
export function charts(from: ChartsFrom, official: HelmCharts): HelmCharts {
  if (from.kind === "directory") return HelmCharts.directory(from.path);
  return from.url ? HelmCharts.repository(from.url) : official;
}
