import type { Driver, DriverSpec } from "./driver.ts";

/** Loads one driver and nothing of the others: hundreds of processes do this, and BullMQ alone takes a while to load. */
export async function openDriver(spec: DriverSpec, inFlight: number): Promise<Driver> {
  switch (spec.driver) {
    case "http":
      return (await import("./http.ts")).openHttp(spec);
    case "producer":
      return (await import("./producer.ts")).openProducer(spec.redisUrl, spec.name);
    case "bare-bullmq":
      return (await import("./bare-bullmq.ts")).openBareBullmq(spec.redisUrl, inFlight);
    case "sandboxed-processor":
      return (await import("./sandboxed-processor.ts")).openSandboxedProcessor(spec.redisUrl, inFlight);
    case "boot-ahead":
      return (await import("./boot-ahead.ts")).openBootAhead(inFlight);
    case "workerd":
      return (await import("./workerd.ts")).openWorkerd();
    case "launch":
      return (await import("./launch.ts")).openLaunch(spec, inFlight);
    case "process":
      return (await import("./process.ts")).openPeer(spec.peer);
  }
}
