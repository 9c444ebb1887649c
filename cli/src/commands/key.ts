import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { ago } from "../quantities.ts";
import { table } from "../table.ts";
import { line } from "../terminal.ts";

interface KeyView {
  readonly id: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly label: string;
  readonly createdAt: number;
}

export const keyCreate = defineCommand({
  name: "key create",
  usage: "--scope SCOPE...",
  summary: "make an API key; its text is shown this once",
  description:
    "The first key closes the gateway to all who have none, so it has to be an admin's.\nScopes: admin (all of these, and keys), deploy, invoke, read.",
  arguments: { min: 0, max: 0 },
  options: {
    scope: {
      type: "string",
      multiple: true,
      value: "SCOPE",
      help: "admin, deploy, invoke or read; may come more than once",
    },
    tenant: { type: "string", value: "NAME", help: "whose it is; default: the caller's own" },
    label: { type: "string", value: "TEXT", help: "what it is for" },
  },
  examples: [
    ["key create --scope admin --label laptop", "the first one"],
    ["key create --scope deploy --scope invoke --tenant shop", "for another tenant"],
  ],
  async run({ values: { scope: scopes = ["invoke", "read"], tenant, label }, json, terminal, client }) {
    const asked = {
      scopes,
      ...(tenant === undefined ? {} : { tenant }),
      ...(label === undefined ? {} : { label }),
    };
    const made = await client.json<KeyView & { key: string }>("POST", "/keys", { json: asked });
    if (json) terminal.out(line(JSON.stringify(made)));
    else {
      terminal.out(line(made.key));
      terminal.err(
        line(
          `Key ${made.id} of the tenant ${made.tenant}: ${made.scopes.join(", ")}. It is not shown again.`,
        ),
      );
    }
    return EXIT.ok;
  },
});

export const keyList = defineCommand({
  name: "key list",
  usage: "",
  summary: "the keys there are, without their texts",
  arguments: { min: 0, max: 0 },
  options: {},
  examples: [["key list", "a table"]],
  async run({ json, terminal, client }) {
    const { keys } = await client.json<{ keys: KeyView[] }>("GET", "/keys");
    if (json) terminal.out(line(JSON.stringify(keys)));
    else if (keys.length === 0)
      terminal.out(line("There is no key: on a loopback address everybody may call."));
    else {
      const rows = keys.map(({ id, tenant, scopes, label, createdAt }) => [
        id,
        tenant,
        scopes.join(","),
        ago(createdAt, Date.now()),
        label,
      ]);
      terminal.out(line(table(["id", "tenant", "scopes", "made", "label"], rows)));
    }
    return EXIT.ok;
  },
});

export const keyDelete = defineCommand({
  name: "key delete",
  usage: "ID",
  summary: "delete a key; it stops working at once",
  arguments: { min: 1, max: 1 },
  options: {},
  examples: [["key delete 3f9c2a", "the id as `key list` shows it"]],
  async run({ args: [id = ""], json, terminal, client }) {
    await client.json("DELETE", `/keys/${encodeURIComponent(id)}`);
    terminal.out(line(json ? JSON.stringify({ id, deleted: true }) : `Key ${id} is deleted.`));
    return EXIT.ok;
  },
});
