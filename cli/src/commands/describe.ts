import type { FunctionView } from "@mayfly/contract";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { pairs } from "../table.ts";
import { line } from "../terminal.ts";

export const describe = defineCommand({
  name: "describe",
  usage: "NAME",
  summary: "everything about one function, but the values of its environment",
  arguments: { min: 1, max: 1 },
  options: {},
  examples: [
    ["describe hello", "its limits, versions, retry and names of its environment"],
    ["describe hello --json | jq .limits", "its limits as the sandbox gets them"],
  ],
  async run({ args: [name = ""], json, terminal, client }) {
    const view = await client.json<FunctionView>("GET", `/functions/${encodeURIComponent(name)}`);
    terminal.out(line(json ? JSON.stringify(view) : pairs(rowsOf(view))));
    return EXIT.ok;
  },
});

function rowsOf(view: FunctionView): [string, string][] {
  const { limits, createdAt, retry, versions = [], ...rest } = view;
  return [
    ...Object.entries(rest).map(([key, value]): [string, string] => [key, shown(value)]),
    ["retry", `${retry.attempts} attempts, ${retry.backoff} back-off from ${retry.backoffMs} ms`],
    ["deployed", new Date(createdAt).toISOString()],
    ...versions.map((version): [string, string] => ["version", version]),
    ...Object.entries(limits).map(([key, value]): [string, string] => [`limits.${key}`, shown(value)]),
  ];
}

function shown(value: unknown): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(shown).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
