import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, it } from "vitest";
import { runOpenLoad } from "../load/run-load.ts";

/** A server that doubles, and takes its time, one call after the other. */
async function slowServer(takesMs: number, factor = 2): Promise<{ server: Server; url: string }> {
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer(async (request, response) => {
    const { n } = (await json(request)) as { n: number };
    turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, takesMs)));
    await turn;
    const body = JSON.stringify({ doubled: n * factor });
    response.writeHead(200, { "content-length": body.length }).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const load = (url: string, perSecond: number, durationMs: number) =>
  runOpenLoad({ target: { url, paths: ["/"], workload: "hello" }, perSecond, warmUpMs: 0, durationMs });

it("calls arrive at their rate, and each is answered rightly", async () => {
  const { server, url } = await slowServer(0);
  const { scheduled, latenciesMs, errors, elapsedMs } = await load(url, 100, 500);
  server.close();
  expect({ scheduled, answered: latenciesMs.length, errors }).toEqual({
    scheduled: 50,
    answered: 50,
    errors: {},
  });
  expect(elapsedMs).toBeGreaterThanOrEqual(490);
});

it("a call that waits for others waits from when it was due", async () => {
  const { server, url } = await slowServer(20);
  // Twice as many as it serves: each waits 10 ms longer than the one before it.
  const { latenciesMs } = await load(url, 100, 300);
  server.close();
  expect(Math.max(...latenciesMs)).toBeGreaterThan(200);
});

it("a rate that is hopeless is given up", async () => {
  const { server, url } = await slowServer(60);
  const { overwhelmed, scheduled } = await load(url, 40, 30_000);
  server.close();
  expect(overwhelmed).toBe(true);
  expect(scheduled).toBeLessThan(400);
});

it("a wrong answer is an error", async () => {
  const { server, url } = await slowServer(0, 3);
  const { latenciesMs, errors } = await load(url, 50, 100);
  server.close();
  // Three times nothing is right.
  expect(latenciesMs).toHaveLength(1);
  expect(Object.keys(errors)).toContain('the result of 1 is {"doubled":3}');
});
