import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { usageFailure } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/**
 * The event that `--data` names: JSON itself, `@FILE`, or `-` for stdin; null without it.
 *
 * @throws Failure `usage` where it is not JSON
 */
export async function readEvent(given: string | undefined, terminal: Terminal): Promise<unknown> {
  if (given === undefined) return null;
  const [text, source] = await textOf(given, terminal);
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = source === "--data" ? ` Text needs its quotes: --data '"text"'` : "";
    throw usageFailure(`${source} is not JSON: ${(cause as Error).message}.${hint}`);
  }
}

async function textOf(given: string, terminal: Terminal): Promise<[text: string, source: string]> {
  if (given === "-") return [await terminal.readStdin(), "stdin"];
  if (!given.startsWith("@")) return [given, "--data"];
  const path = given.slice(1);
  try {
    return [await readFile(resolve(terminal.cwd, path), "utf8"), path];
  } catch (cause) {
    throw usageFailure(`${path} cannot be read: ${(cause as Error).message}.`);
  }
}
