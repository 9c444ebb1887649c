import {
  BigValueColorMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** Every panel asks the Prometheus that is chosen at the dashboard's top. */
export const DATASOURCE = { type: "prometheus", uid: "$datasource" };

/** A PromQL expression and the name of its series. */
export type Query = readonly [expr: string, legend: string];

/** From which value on a number is yellow and red; `calm` is the colour below. */
export interface Levels {
  readonly warn?: number;
  readonly bad?: number;
  readonly calm?: "green" | "text";
}

export interface PanelSpec {
  readonly title: string;
  /** What it shows, and what it means when it moves: shown on the panel's (i). */
  readonly description: string;
  /** A unit of Grafana, such as `s`, `bytes`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly levels?: Levels;
  /** In columns of the grid's 24. */
  readonly width?: number;
  readonly max?: number;
}

export interface GraphSpec extends PanelSpec {
  readonly stacked?: "stacked";
  /** Dots that carry the id of one invocation each. */
  readonly exemplars?: "shown";
  /** Where a click on a line leads. */
  readonly link?: { readonly title: string; readonly url: string };
}

/** One number, with its course behind it. */
export function stat(spec: PanelSpec): StatBuilder {
  const panel = new StatBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.width ?? 4)
    .height(4)
    .noValue("none")
    .colorMode(spec.levels === undefined ? BigValueColorMode.None : BigValueColorMode.Background)
    .thresholds(thresholds(spec.levels ?? {}));
  spec.queries.forEach((query, index) => {
    panel.withTarget(target(query, index));
  });
  return panel;
}

/** Lines over time; thresholds are dashed lines, so that "too much" needs no knowledge. */
export function graph(spec: GraphSpec): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.width ?? 12)
    .height(8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(spec.stacked ? 40 : 8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.link !== undefined)
    panel.dataLinks([new DashboardLinkBuilder(spec.link.title).url(spec.link.url)]);
  if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));
  if (spec.levels !== undefined) {
    panel
      .thresholds(thresholds(spec.levels))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  spec.queries.forEach((query, index) => {
    panel.withTarget(target(query, index).exemplar(spec.exemplars === "shown"));
  });
  return panel;
}

/** A histogram over time: where the mass lies, and whether there are two humps. */
export function heatmap(spec: PanelSpec): HeatmapBuilder {
  const panel = new HeatmapBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .span(spec.width ?? 12)
    .height(8);
  spec.queries.forEach((query, index) => {
    panel.withTarget(target(query, index).format(PromQueryFormat.Heatmap).exemplar(true));
  });
  return panel;
}

/** Query letters are how transformations and overrides speak of a query. */
export function target([expr, legend]: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(DATASOURCE)
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .expr(expr)
    .legendFormat(legend)
    .range();
}

export function thresholds({ warn, bad, calm = "green" }: Levels): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null, color: calm }];
  if (warn !== undefined) steps.push({ value: warn, color: "orange" });
  if (bad !== undefined) steps.push({ value: bad, color: "red" });
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
