import { eventOf, expectedJson, type Workload } from "../workload/expected.ts";
import { type Driver, verify } from "./driver.ts";
import { HttpConnection } from "./http-connection.ts";

export interface HttpTarget {
  readonly url: string;
  /** Called in turn, such as `/function/hello`. */
  readonly paths: readonly string[];
  readonly workload: Workload;
}

/** Sync calls over loopback, each flight on a connection of its own that is kept open. */
export async function openHttp(target: HttpTarget, inFlight: number): Promise<Driver> {
  const connections = await Promise.all(
    Array.from({ length: inFlight }, () => HttpConnection.open(target.url)),
  );
  const idle = [...connections];
  const post = poster(target);
  return {
    async call(call) {
      const connection = idle.pop();
      if (connection === undefined) throw new Error("more calls in flight than connections");
      await post(connection, call);
      idle.push(connection);
      return performance.now();
    },
    async close() {
      for (const connection of connections) connection.close();
    },
  };
}

/** Makes one call on a connection, and sees to it that the answer is the right one. */
export function poster({ paths, workload }: Pick<HttpTarget, "paths" | "workload">) {
  const expected = expectedJson(workload);
  return async (connection: HttpConnection, call: number): Promise<void> => {
    const event = eventOf(call);
    const path = paths[call % paths.length] ?? "/";
    const { status, body } = await connection.post(path, JSON.stringify(event));
    if (status !== 200) throw new Error(`${status} ${body}`);
    verify(event.n, body, expected);
  };
}
