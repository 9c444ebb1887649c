import { type LogLine, type Logs, MayflyError } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { endedChannel, logChannel, logKey, recordKey } from "./keys.ts";
import { loadScript } from "./script.ts";
import type { Subscriptions } from "./subscriptions.ts";

const appendScript = loadScript(new URL("scripts/append-logs.lua", import.meta.url));

/** A worker cuts a log at the manifest's `logBytes`; this holds one that does not. */
const MAX_LOG_BYTES = 32 * 1024 ** 2;
/** Stands in the list where lines were cut. */
const CUT = "!";

export interface LogPlace {
  readonly id: string;
  readonly functionName: string;
  readonly jobId: string;
}

export async function appendLogs(
  redis: Redis,
  { functionName, jobId }: LogPlace,
  lines: readonly LogLine[],
  truncated: boolean,
  keepMs: number,
): Promise<void> {
  const texts = lines.map((line) => JSON.stringify(line));
  if (truncated) texts.push(CUT);
  if (texts.length === 0) return;
  await appendScript.run(
    redis,
    [logKey(functionName, jobId), recordKey(functionName, jobId)],
    [logChannel(functionName, jobId), keepMs, MAX_LOG_BYTES, CUT, ...texts],
  );
}

export async function readLogs(redis: Redis, { functionName, jobId }: LogPlace): Promise<Logs> {
  const texts = await redis.lrange(logKey(functionName, jobId), 0, -1);
  const lines = texts.filter((text) => text !== CUT).map((text) => JSON.parse(text) as LogLine);
  return { lines, truncated: lines.length < texts.length };
}

/**
 * Lines as they come. Messages only say that there is more; the lines are read from the list, so that none is lost or
 * told twice however the two race.
 */
export async function* followLogs(
  redis: Redis,
  subscriptions: Subscriptions,
  place: LogPlace,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let wake = () => {};
  const woken = () => wake();
  const channels = [logChannel(place.functionName, place.jobId), endedChannel(place.id)];
  const ends = await Promise.all(channels.map((channel) => subscriptions.add(channel, woken)));
  signal.addEventListener("abort", woken);
  try {
    let next = 0;
    while (!signal.aborted) {
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const ended = await hasEnded();
      const texts = await redis.lrange(logKey(place.functionName, place.jobId), next, -1);
      next += texts.length;
      for (const text of texts) if (text !== CUT) yield JSON.parse(text) as LogLine;
      if (ended) return;
      await Promise.race([more, sleep(LOOK_AGAIN_MS)]);
    }
  } finally {
    signal.removeEventListener("abort", woken);
    await Promise.all(ends.map((end) => end()));
  }
}

/** Messages are lost while Redis is away; then this finds what they would have told. */
const LOOK_AGAIN_MS = 2000;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

export function noSuchInvocation(id: string): MayflyError {
  return new MayflyError("invocationNotFound", `There is no invocation "${id}", or its record has expired.`, {
    facts: { id },
  });
}
