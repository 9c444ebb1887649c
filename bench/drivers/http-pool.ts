import { eventOf, expectedJson, type Workload } from "../workload/expected.ts";
import { verify } from "./driver.ts";
import { HttpConnection } from "./http-connection.ts";

export interface HttpTarget {
  readonly url: string;
  /** Called in turn, such as `/function/hello`. */
  readonly paths: readonly string[];
  readonly workload: Workload;
}

/** A server ends a connection that nothing was said on for a while, node's after 5 s: before that one, it is not used. */
const MAX_IDLE_MS = 3000;

/** As many connections as calls are open at once; the last that was used is the next. */
export class HttpPool {
  readonly #target: HttpTarget;
  readonly #expected: readonly string[];
  readonly #idle: { readonly connection: HttpConnection; readonly since: number }[] = [];

  constructor(target: HttpTarget) {
    this.#target = target;
    this.#expected = expectedJson(target.workload);
  }

  /** Makes one call, and sees to it that the answer is the right one. */
  async call(call: number): Promise<void> {
    const connection = this.#reuse() ?? (await HttpConnection.open(this.#target.url));
    const { paths } = this.#target;
    const event = eventOf(call);
    const { status, body } = await connection.post(paths[call % paths.length] ?? "/", JSON.stringify(event));
    this.#idle.push({ connection, since: performance.now() });
    if (status !== 200) throw new Error(`${status} ${body}`);
    verify(event.n, body, this.#expected);
  }

  close(): void {
    for (const { connection } of this.#idle) connection.close();
  }

  #reuse(): HttpConnection | null {
    const last = this.#idle.pop();
    if (last === undefined) return null;
    if (performance.now() - last.since < MAX_IDLE_MS) return last.connection;
    // Those below it have been idle for even longer.
    for (const { connection } of [last, ...this.#idle.splice(0)]) connection.close();
    return null;
  }
}
