import type { Driver, DriverSpec } from "./drivers/driver.ts";
import { openHttp } from "./drivers/http.ts";
import { openProcess } from "./drivers/process.ts";
import { openProducer } from "./drivers/producer.ts";
import { openSandboxedProcessor } from "./drivers/sandboxed-processor.ts";
import { PEERS } from "./subjects.ts";

/** One trial: what to call, how many at once, for how long. */
export interface Trial {
  readonly spec: DriverSpec;
  readonly inFlight: number;
  /** Calls of each flight before the clock runs. */
  readonly warmUpCalls: number;
  readonly durationMs: number;
}

export interface TrialResult {
  /** From request to result, of every call. */
  readonly latenciesMs: readonly number[];
  /** From request until its slot was free again: a peer's process has ended by then. */
  readonly wholeMs: readonly number[];
  /** From the first call's start to the last one's end. */
  readonly elapsedMs: number;
}

async function run({ spec, inFlight, warmUpCalls, durationMs }: Trial): Promise<TrialResult> {
  const driver = await open(spec, inFlight);
  let n = 0;
  // All are waited for, also where one fails: a peer that is still running would find its folder gone.
  const inEveryFlight = async (fly: () => Promise<void>) => {
    for (const flight of await Promise.allSettled(Array.from({ length: inFlight }, fly)))
      if (flight.status === "rejected") throw flight.reason;
  };
  try {
    await inEveryFlight(async () => {
      for (let i = 0; i < warmUpCalls; i++) await driver.call(n++);
    });
    const latenciesMs: number[] = [];
    const wholeMs: number[] = [];
    const startedAt = performance.now();
    await inEveryFlight(async () => {
      while (performance.now() - startedAt < durationMs) {
        const calledAt = performance.now();
        latenciesMs.push((await driver.call(n++)) - calledAt);
        wholeMs.push(performance.now() - calledAt);
      }
    });
    return { latenciesMs, wholeMs, elapsedMs: performance.now() - startedAt };
  } finally {
    await driver.close();
  }
}

function open(spec: DriverSpec, inFlight: number): Promise<Driver> {
  switch (spec.driver) {
    case "http":
      return openHttp(spec.url, inFlight);
    case "producer":
      return openProducer(spec.redisUrl);
    case "sandboxed-processor":
      return openSandboxedProcessor(spec.redisUrl, inFlight);
    case "process": {
      const peer = PEERS[spec.peer];
      if (peer === undefined) throw new Error(`there is no peer "${spec.peer}"`);
      return openProcess(peer);
    }
  }
}

// A process of its own for each trial, so that none inherits another's heap, compiled code or connections.
process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as Trial)));
