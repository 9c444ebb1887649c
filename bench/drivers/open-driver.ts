import { PEERS } from "../peers/index.ts";
import { openBareBullmq } from "./bare-bullmq.ts";
import { openBootAhead } from "./boot-ahead.ts";
import type { Driver, DriverSpec } from "./driver.ts";
import { openHttp } from "./http.ts";
import { openLaunch } from "./launch.ts";
import { openProcess } from "./process.ts";
import { openProducer } from "./producer.ts";
import { openSandboxedProcessor } from "./sandboxed-processor.ts";
import { openWorkerd } from "./workerd.ts";

export function openDriver(spec: DriverSpec, inFlight: number): Promise<Driver> {
  switch (spec.driver) {
    case "http":
      return openHttp(spec, inFlight);
    case "producer":
      return openProducer(spec.redisUrl, spec.name);
    case "bare-bullmq":
      return openBareBullmq(spec.redisUrl, inFlight);
    case "sandboxed-processor":
      return openSandboxedProcessor(spec.redisUrl, inFlight);
    case "boot-ahead":
      return openBootAhead(inFlight);
    case "workerd":
      return openWorkerd(inFlight);
    case "launch":
      return openLaunch(spec, inFlight);
    case "process": {
      const peer = PEERS[spec.peer];
      if (peer === undefined) throw new Error(`there is no peer "${spec.peer}"`);
      return openProcess(peer);
    }
  }
}
