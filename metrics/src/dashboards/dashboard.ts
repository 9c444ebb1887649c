import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type AnnotationQuery,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE } from "./panels.ts";

export const UID = {
  overview: "mayfly-overview",
  function: "mayfly-function",
  worker: "mayfly-worker",
} as const;

/** A row of the dashboard: a question, and the panels that answer it. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly QueryVariableBuilder[];
  readonly sections: readonly Section[];
}

/** The SDK's builder would hide the links in a menu. */
function linksToOthers(): DashboardLink {
  return {
    title: "Mayfly",
    type: DashboardLinkType.Dashboards,
    icon: "dashboard",
    tooltip: "",
    tags: ["mayfly"],
    asDropdown: false,
    targetBlank: false,
    includeVars: false,
    keepTime: true,
  };
}

const NEW_VERSIONS = 'mayfly_http_requests_total{route="/functions/:name",status="201"}';

/** A line at each minute in which a new version was deployed: most failures begin there. */
function deployMarks(): AnnotationQuery {
  return {
    name: "Deploys",
    datasource: DATASOURCE,
    enable: true,
    iconColor: "blue",
    // The second half is the first deploy that a gateway sees: its counter begins with it.
    expr: `sum(increase(${NEW_VERSIONS}[1m])) > 0 or (sum(${NEW_VERSIONS}) unless sum(${NEW_VERSIONS} offset 1m))`,
    step: "60s",
    titleFormat: "A new version was deployed",
  };
}

/** What all our dashboards share: an hour of data, one cursor over all panels, links that keep the time. */
export function dashboard(spec: DashboardSpec): DashboardBuilder {
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(["mayfly"])
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link({ build: linksToOthers })
    .annotation({ build: deployMarks })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  for (const variable of spec.variables) builder.withVariable(variable);
  for (const { title, panels } of spec.sections) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return builder;
}

/** @param query what Grafana's Prometheus data source understands: `label_values(…)`, `query_result(…)` */
export function chosenFrom(name: string, label: string, query: string, regex = ""): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ qryType: 5, query, refId: "PrometheusVariableQueryEditor-VariableQuery" })
    .definition(query)
    .regex(regex)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(false)
    .includeAll(false);
}

/** A link from a value to the dashboard of its function; `source` is Grafana's name of where the name stands. */
export function functionLink(source: string) {
  return linkTo("Open this function", UID.function, "function", source);
}

export function workerLink(source: string) {
  return linkTo("Open this worker", UID.worker, "worker", source);
}

function linkTo(title: string, uid: string, variable: string, source: string) {
  return { title, url: `/d/${uid}?var-${variable}=\${${source}}&\${__url_time_range}` };
}
