import { resolve } from "node:path";
import type { Client } from "../client.ts";
import { refusalOf } from "../client.ts";
import { defineCommand } from "../command.ts";
import { readFolder } from "../deploy/read-folder.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { line } from "../terminal.ts";

/** What the gateway answers, and whether it was new. */
export interface Deployed {
  readonly name: string;
  readonly version: string;
  readonly created: boolean;
  /** What will surprise whoever calls it, such as a secret that nobody has stored yet. */
  readonly warnings: readonly string[];
}

/** Reads a folder and deploys it. */
export async function deployFolder(client: Client, folder: string, signal?: AbortSignal): Promise<Deployed> {
  const { name, manifest, files } = await readFolder(folder);
  const answer = await client.request("PUT", `/functions/${encodeURIComponent(name)}`, {
    json: { manifest, files },
    ...(signal === undefined ? {} : { signal }),
  });
  if (!answer.ok) throw await refusalOf(answer);
  const { version, warnings = [] } = (await answer.json()) as { version: string; warnings?: string[] };
  return { name, version, created: answer.status === 201, warnings };
}

export const deploy = defineCommand({
  name: "deploy",
  usage: "DIR...",
  summary: "deploy folders, each with a function.json",
  description:
    "A folder whose package.json names dependencies is bundled here, out of its node_modules; any other goes as it is.\nnode_modules, .git and tests are left out. The same content again is the same version.",
  arguments: { min: 1, max: 100 },
  options: {},
  examples: [
    ["deploy functions/hello", "deploy one folder"],
    ["deploy functions/*", "deploy many"],
    ["deploy . --json", "print name, version and warnings as JSON"],
  ],
  async run({ args, json, terminal, client }) {
    const deployed: Deployed[] = [];
    for (const folder of args) {
      const one = await deployFolder(client, resolve(terminal.cwd, folder), terminal.stopping);
      deployed.push(one);
      if (!json) {
        terminal.out(
          line(`${one.name}  ${one.version.slice(0, 12)}  ${one.created ? "deployed" : "unchanged"}`),
        );
        for (const warning of one.warnings) terminal.err(line(printable(`  warning: ${warning}`)));
      }
    }
    if (json) terminal.out(line(JSON.stringify(args.length === 1 ? deployed[0] : deployed)));
    return EXIT.ok;
  },
});
