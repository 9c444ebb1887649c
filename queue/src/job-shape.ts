import type { BullJob } from "./bull-queues.ts";

/** Redis and the sandbox take an id as a name; PATH_MAX is more than anybody means. */
const MAX_ID_LENGTH = 1024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
const CONTROL = /[\x00-\x1f\x7f]/;

/** A job whose hash cannot be read, with what it takes to end it. */
export function unreadableJob(id: string, fields: Readonly<Record<string, string>>): BullJob {
  return {
    id,
    name: fields["name"] ?? "",
    data: fields["data"] ?? "null",
    opts: {},
    progress: 0,
    delay: 0,
    priority: 0,
    timestamp: whole(fields["timestamp"]) ?? Date.now(),
    attemptsStarted: whole(fields["ats"]) ?? 1,
    attemptsMade: whole(fields["atm"]) ?? 0,
    stalledCounter: whole(fields["stc"]) ?? 0,
    fault: "its hash in Redis is no job of BullMQ's",
  } as unknown as BullJob;
}

/** Whoever may write to Redis may write anything: what is no job is one that can be ended, with its fault. */
export function shapedJob(job: BullJob): BullJob {
  const fault = faultIn(job);
  if (fault === null) return job;
  const timestamp = Number.isFinite(job.timestamp) ? job.timestamp : Date.now();
  const { stacktrace: _, ...rest } = job;
  return { ...rest, opts: {}, timestamp, fault } as BullJob;
}

function faultIn({ id, name, timestamp, opts, stacktrace }: BullJob): string | null {
  if (CONTROL.test(id)) return "its id has control characters";
  if (id.length > MAX_ID_LENGTH) return `its id is longer than ${MAX_ID_LENGTH} characters`;
  if (typeof name !== "string") return "it has no name";
  if (!Number.isFinite(timestamp)) return "it has no timestamp";
  for (const option of ["attempts", "delay"] as const)
    if (!Number.isFinite(opts[option] ?? 0)) return `its option ${option} is no number`;
  if (stacktrace !== undefined && !isList(stacktrace)) return "its stack traces are no list";
  return null;
}

function isList(json: unknown): boolean {
  try {
    return Array.isArray(JSON.parse(String(json)));
  } catch {
    return false;
  }
}

function whole(text: string | undefined): number | null {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? null : value;
}
