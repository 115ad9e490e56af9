import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  LegendDisplayMode,
  LegendPlacement,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { PAGES } from "../lib/private/pages";

/** Where queries are sent: the variable `datasource`. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** What a panel shows, of whatever kind it is. */
export interface Shown {
  readonly title: string;
  readonly description: string;
  /** Pages under docs/ that say what to do, by their links' texts. */
  readonly pages: Readonly<Record<string, string>>;
  /** Width, of 24. */
  readonly width: number;
  /** Expressions by the legends of their series. */
  readonly queries: Readonly<Record<string, string>>;
}

/** Values over time. */
export function lines(unit: string, shown: Shown): Builder<Panel> {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(["lastNotNull"]);
  return filled(new TimeseriesBuilder(), shown).unit(unit).legend(legend).showPoints(VisibilityMode.Never);
}

/** Series of 0 and 1 over time, as words. */
export function states([no, yes]: readonly [no: string, yes: string], shown: Shown): Builder<Panel> {
  const options = { 0: { text: no, color: "red" }, 1: { text: yes, color: "green" } };
  return filled(new StateTimelineBuilder(), shown)
    .mappings([{ type: MappingType.ValueToText, options }])
    .showValue(VisibilityMode.Never);
}

/** One number. */
export function number(unit: string, redFrom: number, shown: Shown): Builder<Panel> {
  const steps = [
    { value: null, color: "green" },
    { value: redFrom, color: "red" },
  ];
  const thresholds = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
  return filled(new StatBuilder(), shown).unit(unit).thresholds(thresholds);
}

/** The labels of all series that exist now, each in its row. */
export function table(shown: Shown): Builder<Panel> {
  return filled(new TableBuilder(), shown, (query) => query.instant().format(PromQueryFormat.Table))
    .noValue("none")
    .withTransformation({ id: "organize", options: { excludeByName: { Time: true, Value: true } } });
}

/** What the builders of all kinds of panels have. */
interface PanelBuilder {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: typeof DATASOURCE): this;
  links(links: DashboardLinkBuilder[]): this;
  span(width: number): this;
  height(height: number): this;
  targets(targets: DataqueryBuilder[]): this;
}

function filled<B extends PanelBuilder>(
  builder: B,
  { title, description, pages, width, queries }: Shown,
  asked = (query: DataqueryBuilder) => query.range(),
): B {
  return builder
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .links(Object.entries(pages).map(([text, page]) => linkTo(text, page)))
    .span(width)
    .height(8)
    .targets(
      Object.entries(queries).map(([legend, expr], index) =>
        asked(new DataqueryBuilder().refId("ABCD".charAt(index)).expr(expr).legendFormat(legend)),
      ),
    );
}

/** @param page under docs/, with its heading */
export function linkTo(text: string, page: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(text)
    .type(DashboardLinkType.Link)
    .url(`${PAGES}/docs/${page}`)
    .targetBlank(true);
}
