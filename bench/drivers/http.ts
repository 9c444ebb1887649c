import type { Driver } from "./driver.ts";
import { HttpPool, type HttpTarget } from "./http-pool.ts";

/** Sync calls over loopback, each flight on a connection of its own that is kept open. */
export function openHttp(target: HttpTarget): Driver {
  const pool = new HttpPool(target);
  return {
    async call(call) {
      await pool.call(call);
      return performance.now();
    },
    async close() {
      pool.close();
    },
  };
}
