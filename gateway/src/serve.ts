import { createServer, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import { MayflyError } from "@mayfly/contract";
import { problem, problemOfError } from "./http/problem.ts";

/** A client that dribbles its request is cut here: slowloris holds a connection no longer than this. */
const HEADERS_WITHIN_MS = 10_000;
/** Long enough for 50 MiB over a slow line. */
const REQUEST_WITHIN_MS = 300_000;
/** How often the two above are looked at, and so by how much they may be exceeded. */
const CHECKED_EVERY_MS = 2_000;
/** Longer than usual balancers keep theirs, so that they never reuse one that is just being closed. */
const KEEP_ALIVE_MS = 65_000;

export interface Listening {
  readonly url: string;
  /** Stops accepting, lets what is in flight finish within `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

export interface ServeOptions {
  readonly fetch: Parameters<typeof getRequestListener>[0];
  readonly host: string;
  readonly port: number;
  /** For tests that cannot wait. */
  readonly headersWithinMs?: number;
}

/** @throws Error with one sentence that names the port and the remedy, where it cannot be listened on */
export async function serve({ fetch, host, port, headersWithinMs }: ServeOptions): Promise<Listening> {
  const headersTimeout = headersWithinMs ?? HEADERS_WITHIN_MS;
  const server = createServer(
    {
      headersTimeout,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: Math.min(CHECKED_EVERY_MS, headersTimeout),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    getRequestListener(fetch, { errorHandler: refuseRequest }),
  );
  server.on("clientError", refuseConnection);
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${shownHost}:${address.port}`,
    close: (graceMs) => close(server, graceMs),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explained(error, host, port)));
    server.listen({ host: host.replace(/^\[(.*)\]$/, "$1"), port }, resolve);
  });
}

function explained(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const remedies: Record<string, string> = {
    EADDRINUSE: `it is in use. Stop what listens there (\`ss -ltnp 'sport = :${port}'\` names it), or set MAYFLY_PORT to another`,
    EACCES: "this user may not. Set MAYFLY_PORT to one above 1023",
    EADDRNOTAVAIL: "this machine has no such address. Set MAYFLY_HOST to one that it has",
    ENOTFOUND: "that name has no address. Set MAYFLY_HOST to an address of this machine",
  };
  const remedy = remedies[error.code ?? ""] ?? error.message;
  return new Error(`The gateway cannot listen on port ${port} of ${host}: ${remedy}.`, { cause: error });
}

async function close(server: Server, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection kept alive counts as open for as long as its client likes.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

/** What the adapter refuses before there is a request: a target or Host that is none. */
function refuseRequest(error: unknown): Response {
  if (error instanceof RequestError) {
    return problemOfError(
      new MayflyError("invalidRequest", `The request is not HTTP as it should be: ${error.message}.`),
    );
  }
  return problemOfError(
    new MayflyError("internal", "Something in the gateway failed; trying again may help."),
  );
}

const STATUS_OF_FAULT: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** What Node's parser refuses: written by hand, since there is no response object yet. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF_FAULT[error.code ?? ""] ?? 400;
  const title = STATUS_CODES[status] ?? "Bad Request";
  const body = JSON.stringify(
    problem("invalidRequest", status, `${title}: the request was not read to its end (${error.code}).`),
  );
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
