import { type InvocationRecord, isTerminal } from "@mayfly/contract";
import type { Client } from "./client.ts";

/** Short enough for the proxies between here and a gateway. */
const HELD_SECONDS = 30;

/** The record of an invocation once it has ended, however long that takes. */
export async function waitForEnd(client: Client, id: string, signal: AbortSignal): Promise<InvocationRecord> {
  for (;;) {
    const path = `/invocations/${encodeURIComponent(id)}?wait=${HELD_SECONDS}`;
    const record = await client.json<InvocationRecord>("GET", path, { signal });
    if (isTerminal(record.state)) return record;
  }
}
