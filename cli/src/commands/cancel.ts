import type { InvocationRecord } from "@mayfly/contract";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { line } from "../terminal.ts";

export const cancel = defineCommand({
  name: "cancel",
  usage: "ID",
  summary: "cancel an invocation that waits or runs",
  arguments: { min: 1, max: 1 },
  options: {},
  examples: [
    ["cancel 019365c0-0000-7000-8000-000000000000", "it ends as cancelled; one that had ended is refused"],
  ],
  async run({ args: [id = ""], json, terminal, client }) {
    const record = await client.json<InvocationRecord>("DELETE", `/invocations/${encodeURIComponent(id)}`);
    terminal.out(line(json ? JSON.stringify(record) : `${id} is ${record.state}.`));
    return EXIT.ok;
  },
});
