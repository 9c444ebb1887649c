import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { usageFailure } from "../failure.ts";
import { line, type Terminal } from "../terminal.ts";

const path = (name = "") => `/secrets/${encodeURIComponent(name)}`;

export const secretSet = defineCommand({
  name: "secret set",
  usage: "NAME [--from FILE]",
  summary: "store a secret, read from stdin or a file",
  description:
    'A value on the command line would be everybody\'s to read in the list of processes, so there is no way to give it there.\nA line end at the very end is dropped. Functions name it in the manifest: "secrets": ["NAME"].',
  arguments: { min: 1, max: 1 },
  options: {
    from: { type: "string", value: "FILE", help: "read the value from this file instead of stdin" },
  },
  examples: [
    ["secret set GITHUB_WEBHOOK_SECRET < secret.txt", "from stdin"],
    ["secret set TLS_KEY --from key.pem", "from a file"],
  ],
  async run({ args: [name], values, json, terminal, client }) {
    const value = (await read(values.from, terminal)).replace(/\r?\n$/, "");
    if (value === "")
      throw usageFailure("The secret is empty. Give it on stdin, or name a file with --from.");
    await client.json("PUT", path(name), { json: { value } });
    terminal.out(line(json ? JSON.stringify({ name, stored: true }) : `${name} is stored.`));
    return EXIT.ok;
  },
});

export const secretList = defineCommand({
  name: "secret list",
  usage: "",
  summary: "the names of the secrets; no command shows a value",
  arguments: { min: 0, max: 0 },
  options: {},
  examples: [["secret list", "one name a line"]],
  async run({ json, terminal, client }) {
    const { secrets } = await client.json<{ secrets: string[] }>("GET", "/secrets");
    terminal.out(json ? line(JSON.stringify(secrets)) : secrets.map(line).join(""));
    return EXIT.ok;
  },
});

export const secretDelete = defineCommand({
  name: "secret delete",
  usage: "NAME",
  summary: "delete a secret",
  arguments: { min: 1, max: 1 },
  options: {},
  examples: [["secret delete TLS_KEY", "functions that name it run without it from now on"]],
  async run({ args: [name], json, terminal, client }) {
    await client.json("DELETE", path(name));
    terminal.out(line(json ? JSON.stringify({ name, deleted: true }) : `${name} is deleted.`));
    return EXIT.ok;
  },
});

async function read(from: string | undefined, terminal: Terminal): Promise<string> {
  if (from === undefined) return terminal.readStdin();
  try {
    return await readFile(resolve(terminal.cwd, from), "utf8");
  } catch (cause) {
    throw usageFailure(`${from} cannot be read: ${(cause as Error).message}.`);
  }
}
