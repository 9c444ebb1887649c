import { TableCellDisplayMode, TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { DATASOURCE, type Levels, target, thresholds } from "./panels.ts";

export interface Column {
  readonly title: string;
  readonly expr: string;
  readonly unit: string;
  readonly levels?: Levels;
}

export interface TableSpec {
  readonly title: string;
  readonly description: string;
  /** The label that makes a row. */
  readonly rowLabel: string;
  readonly columns: readonly Column[];
  /** Where a click on the row's name leads. */
  readonly link: { readonly title: string; readonly url: string };
  /** The title of the column that sorts, largest first. */
  readonly sortBy: string;
}

/** One row for each value of a label, one column for each query. */
export function tableBy(spec: TableSpec): TableBuilder {
  const panel = new TableBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .span(24)
    .height(9)
    .noValue("-")
    .withTransformation({ id: "joinByField", options: { byField: spec.rowLabel, mode: "outer" } })
    .withTransformation({
      // Each query brings its own column of times.
      id: "filterFieldsByName",
      options: { include: { pattern: `^(${spec.rowLabel}|Value #[A-Z])$` } },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(spec.sortBy).desc(true)])
    .overrideByName(spec.rowLabel, [{ id: "links", value: [spec.link] }]);
  spec.columns.forEach((column, index) => {
    const query = target([column.expr, ""], index).instant().format(PromQueryFormat.Table);
    panel
      .withTarget(query)
      .overrideByName(`Value #${query.build().refId}`, [
        { id: "displayName", value: column.title },
        { id: "unit", value: column.unit },
        ...(column.levels === undefined ? [] : coloured(column.levels)),
      ]);
  });
  return panel;
}

/** One row for each series: its labels are columns, its value is a moment in milliseconds. */
export function tableOfMoments(spec: {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  /** Labels in the order of their columns; others are left out. */
  readonly labels: readonly string[];
  readonly momentTitle: string;
}): TableBuilder {
  const columns = ["Value", ...spec.labels];
  return new TableBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .span(24)
    .height(6)
    .withTarget(target([spec.expr, ""], 0).instant().format(PromQueryFormat.Table))
    .withTransformation({
      id: "organize",
      options: { indexByName: Object.fromEntries(columns.map((name, index) => [name, index])) },
    })
    .withTransformation({
      id: "filterFieldsByName",
      options: { include: { pattern: `^(${columns.join("|")})$` } },
    })
    .overrideByName("Value", [
      { id: "displayName", value: spec.momentTitle },
      { id: "unit", value: "dateTimeFromNow" },
    ]);
}

function coloured(levels: Levels) {
  return [
    { id: "thresholds", value: thresholds({ calm: "text", ...levels }).build() },
    { id: "custom.cellOptions", value: { type: TableCellDisplayMode.ColorText } },
  ];
}
