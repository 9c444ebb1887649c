import { writeFile } from "node:fs/promises";
import { oneFunction } from "./function.ts";
import { overview } from "./overview.ts";
import { oneWorker } from "./worker.ts";

/** Where the dashboards are kept, which is also what Grafana's provisioning reads. */
export const DASHBOARDS_FOLDER = new URL("../../grafana/dashboards/", import.meta.url);

/** Every dashboard's file, by name. */
export function dashboardFiles(): Map<string, string> {
  return new Map(
    [overview(), oneFunction(), oneWorker()].map((builder) => {
      const dashboard = builder.build();
      // The SDK leaves panels without ids; links to one panel need them.
      dashboard.panels?.forEach((panel, index) => {
        panel.id = index + 1;
      });
      return [`${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`];
    }),
  );
}

if (import.meta.main) {
  for (const [name, text] of dashboardFiles()) await writeFile(new URL(name, DASHBOARDS_FOLDER), text);
}
