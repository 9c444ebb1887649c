import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { line } from "../terminal.ts";

export const deleteFunction = defineCommand({
  name: "delete",
  usage: "NAME",
  summary: "delete a function",
  description: "Refused while jobs wait for it, unless --force sends them to the dead letter.",
  arguments: { min: 1, max: 1 },
  options: {
    force: { type: "boolean", short: "f", help: "also where jobs wait: they go to the dead letter" },
  },
  examples: [
    ["delete hello", "delete it where nothing waits"],
    ["delete hello --force", "delete it in any case"],
  ],
  async run({ args: [name = ""], values, json, terminal, client }) {
    await client.json("DELETE", `/functions/${encodeURIComponent(name)}${values.force ? "?force=true" : ""}`);
    terminal.out(line(json ? JSON.stringify({ name, deleted: true }) : `${name} is deleted.`));
    return EXIT.ok;
  },
});
