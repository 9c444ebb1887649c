import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = new URL("../../metrics/grafana/dashboards/", import.meta.url).pathname;

export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly expr: string;
  /** Tables ask for one moment, graphs for a range. */
  readonly instant: boolean;
  /** The dashboard's own variable, where the query uses it. */
  readonly variable: "function" | "worker" | null;
}

interface Dashboard {
  readonly title: string;
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly instant?: boolean }[];
  }[];
}

/** Every query of every committed dashboard, of its panels and of its annotations. */
export function panelQueries(): PanelQuery[] {
  return readdirSync(FOLDER).flatMap((file) => {
    const { title, panels, annotations } = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Dashboard;
    const marks = annotations.list.map(({ name, expr }) => ({
      title: name,
      targets: [{ expr, instant: false }],
    }));
    return [...panels, ...marks].flatMap((panel) =>
      (panel.targets ?? []).map(({ expr, instant = false }) => ({
        dashboard: title,
        panel: panel.title,
        expr,
        instant,
        variable: expr.includes("$function") ? "function" : expr.includes("$worker") ? "worker" : null,
      })),
    );
  });
}

/** Grafana's own substitution, with the rate interval that it has at a scrape every second or so. */
export function substitute(expr: string, variable: PanelQuery["variable"], value: string): string {
  const filled = expr.replaceAll("$__rate_interval", "1m");
  return variable === null ? filled : filled.replaceAll(`$${variable}`, value);
}
