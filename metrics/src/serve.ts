import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Exposition } from "./exposition.ts";

export interface MetricsServer {
  /** The port in use; of interest where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

/** Answers `GET /metrics` and nothing else. */
export async function serveMetrics(
  host: string,
  port: number,
  answer: (accept: string | undefined) => Promise<Exposition>,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    respond(request, response, answer).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (accept: string | undefined) => Promise<Exposition>,
): Promise<void> {
  if (request.url?.split("?")[0] !== "/metrics") {
    response.writeHead(404, { "content-type": "text/plain" }).end("Only /metrics is here.\n");
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const { contentType, body } = await answer(request.headers.accept);
  response.writeHead(200, { "content-type": contentType, vary: "accept" });
  response.end(request.method === "HEAD" ? undefined : body);
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== "EADDRINUSE") return error;
  return new Error(
    `Port ${port} of ${host} is in use, so the worker's metrics cannot be served there. Set MAYFLY_WORKER_METRICS_PORT to a free one.`,
    { cause: error },
  );
}
