import type { FunctionView } from "@mayfly/contract";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { ago } from "../quantities.ts";
import { table } from "../table.ts";
import { line } from "../terminal.ts";

export const list = defineCommand({
  name: "list",
  usage: "",
  summary: "the functions that are deployed",
  arguments: { min: 0, max: 0 },
  options: {},
  examples: [
    ["list", "a table"],
    ["list --json | jq -r '.[].name'", "the names alone"],
  ],
  async run({ json, terminal, client }) {
    const { functions } = await client.json<{ functions: FunctionView[] }>("GET", "/functions");
    if (json) terminal.out(line(JSON.stringify(functions)));
    else if (functions.length === 0)
      terminal.out(line("No function is deployed. Deploy one with: mayfly deploy DIR"));
    else
      terminal.out(
        line(
          table(
            ["name", "version", "runtime", "deployed", "description"],
            functions.map(({ name, version, runtime, createdAt, description = "" }) => [
              name,
              version.slice(0, 12),
              runtime,
              ago(createdAt, Date.now()),
              description,
            ]),
          ),
        ),
      );
    return EXIT.ok;
  },
});
