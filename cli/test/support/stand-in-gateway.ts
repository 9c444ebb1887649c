import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Canned {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A server that answers as a gateway would, one canned answer a request, and keeps what it was asked. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
}

/** @param answers by `METHOD /path`, without the query */
export async function standInGateway(answers: Readonly<Record<string, Canned>>): Promise<StandIn> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    seen.push({ method, path, headers, body: await text(request) });
    const {
      status = 200,
      headers: more = {},
      body = "",
    } = answers[`${method} ${path.split("?")[0]}`] ?? {
      status: 404,
      body: JSON.stringify(problem(404, "notFound", "There is no such route.")),
    };
    response.writeHead(status, { "content-type": "application/json", ...more }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function problem(status: number, code: string, detail: string, facts: Record<string, unknown> = {}) {
  return { type: `urn:mayfly:error:${code}`, title: code, status, detail, code, ...facts };
}
