import { createRoute } from "@hono/zod-openapi";
import { type LogLine, logsSchema } from "@mayfly/contract";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { streamSSE } from "hono/streaming";
import { demandScope } from "../auth/caller.ts";
import type { GatewayDeps, GatewayEnv } from "../deps.ts";
import { createRouter } from "./create-router.ts";
import { demandInvocation, invocationParams } from "./invocations.ts";
import { component, json, refusals } from "./openapi.ts";

const HEARTBEAT_MS = 15_000;
const TYPES = ["application/json", "text/plain", "text/event-stream"];

const logsRoute = createRoute({
  method: "get",
  path: "/invocations/{id}/logs",
  summary: "What the function wrote: JSON, text/plain, or text/event-stream to follow it",
  request: { params: invocationParams },
  responses: {
    200: {
      description: "the lines",
      content: {
        ...json(component("Logs", logsSchema), "").content,
        "text/plain": { schema: { type: "string" } },
        "text/event-stream": { schema: { type: "string" } },
      },
    },
    ...refusals("invocationNotFound"),
  },
});

/** `GET /invocations/:id/logs`. */
export function logRoutes(deps: GatewayDeps) {
  const router = createRouter();
  router.openapi(logsRoute, async (c) => {
    const { id } = c.req.valid("param");
    demandScope(c.get("caller"), "read");
    await demandInvocation(deps, id, c.get("caller"));
    const type = accepts(c, { header: "Accept", supports: TYPES, default: "application/json" });
    if (type === "text/event-stream") return follow(deps, c, id);
    const logs = await deps.store.invocations.logs(id);
    if (type === "application/json") return c.json(logs, 200);
    const cut = logs.truncated ? "(the log was cut here)\n" : "";
    return c.text(logs.lines.map(lineOfText).join("") + cut, 200);
  });
  return router;
}

/**
 * Sends past lines and then each new one as an event `log`, and `end` when the invocation has ended. A client that
 * reconnects says with `Last-Event-ID` what it has; after `end` it is told (204) to stop, as EventSource understands.
 */
function follow(deps: GatewayDeps, c: Context<GatewayEnv>, id: string): Response {
  const last = c.req.header("last-event-id");
  if (last === "end") return c.body(null, 204);
  let skip = /^\d+$/.test(last ?? "") ? Number(last) : 0;
  let number = skip;
  return streamSSE(c, async (stream) => {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    const signal = AbortSignal.any([left.signal, c.req.raw.signal, deps.draining]);
    // Proxies cut what is silent for a minute, and only a write tells that the client has gone.
    const heartbeat = setInterval(() => void stream.write(": still here\n\n"), HEARTBEAT_MS);
    try {
      for await (const line of deps.store.invocations.followLogs(id, signal)) {
        if (skip > 0) skip--;
        else await stream.writeSSE({ event: "log", id: String(++number), data: JSON.stringify(line) });
      }
      if (!signal.aborted) await stream.writeSSE({ event: "end", id: "end", data: "" });
    } catch (error) {
      // The status has gone out; a client whose stream ends without `end` comes back with what it has.
      deps.log.warn({ err: error, invocationId: id }, "a log could not be followed to its end");
    } finally {
      clearInterval(heartbeat);
    }
  });
}

function lineOfText({ time, stream, text }: LogLine): string {
  return `${new Date(time).toISOString()} ${stream} ${escapeControls(text)}\n`;
}

/** C0, DEL, C1, line separators and the marks that turn writing direction: none may act on a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is for
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Shows what acts on a terminal instead of doing it: ESC is `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
