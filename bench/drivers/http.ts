import { Agent, request } from "node:http";
import { json } from "node:stream/consumers";
import { type Driver, FUNCTION_NAME, verify } from "./driver.ts";

/** Sync calls over loopback, each flight on a connection of its own that is kept open. */
export async function openHttp(url: string, inFlight: number): Promise<Driver> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const post = (body: string) =>
    new Promise<unknown>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      request(`${url}/function/${FUNCTION_NAME}`, { method: "POST", agent, headers }, (answer) => {
        if (answer.statusCode === 200) resolve(json(answer));
        else json(answer).then((problem) => reject(new Error(JSON.stringify(problem))), reject);
      })
        .on("error", reject)
        .end(body);
    });
  return {
    async call(n) {
      verify(n, await post(JSON.stringify({ n })));
      return performance.now();
    },
    async close() {
      agent.destroy();
    },
  };
}
