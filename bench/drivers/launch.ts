import { setTimeout } from "node:timers/promises";
import { FrameReader, invokeFrame } from "@mayfly/runtimes";
import { openSandboxes, type Running } from "@mayfly/sandbox-addon";
import { eventOf, expectedJson } from "../workload/expected.ts";
import { type Driver, type Isolation, verify } from "./driver.ts";
import { headerOf, LAUNCH_LIMITS, prepareStart } from "./launch-spec.ts";

/** Time for the first copies to be made ready, before the first call. */
const PARKING_MS = 500;

/**
 * The launch path alone: the addon in this very process, without queue, HTTP, record or log. Every call is a process
 * in namespaces, root and cgroup of its own, which reads its event, answers, is killed, proved dead, and leaves nothing.
 */
export async function openLaunch(
  { isolation, parked }: { isolation: Isolation; parked: number },
  inFlight: number,
): Promise<Driver> {
  const sandboxes = await openSandboxes({
    cgroupParent: `mayfly-bench-${process.pid}`,
    workerId: "launch",
    allowWithout: [],
    hostUid: 100_000,
    debugHoldMs: 0,
  });
  try {
    const start = await prepareStart(sandboxes, isolation, parked);
    const expected = expectedJson("hello");
    if (parked > 0) await setTimeout(PARKING_MS * inFlight);
    return {
      call: async (n) => callOnce(await start(n), n, expected),
      close: () => sandboxes.close(),
    };
  } catch (error) {
    await sandboxes.close();
    throw error;
  }
}

async function callOnce(running: Running, call: number, expected: readonly string[]): Promise<number> {
  const event = eventOf(call);
  const { control, stdin, stdout, stderr } = running;
  if (control === null) throw new Error("the sandbox has no control channel");
  stdin.end();
  stdout.resume();
  let complaint = "";
  void stderr.read((chunk) => {
    complaint += chunk.toString("utf8");
  });
  const answered = resultOn(control);
  control.write(invokeFrame(headerOf(call), JSON.stringify(event), null));
  const json = await Promise.race([answered, running.ended.then(() => null)]);
  const at = performance.now();
  running.kill("settled");
  const ending = await running.ended;
  if (json === null) throw new Error(`it ended without a result (${JSON.stringify(ending)}): ${complaint}`);
  verify(event.n, json, expected);
  return at;
}

/** What the handler gave, or threw: then it is no expected result. */
function resultOn(control: NonNullable<Running["control"]>): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FrameReader({
      maxResultBytes: LAUNCH_LIMITS.resultBytes,
      onFrame(frame) {
        if (frame.type === "result") resolve(frame.json.toString("utf8"));
        if (frame.type === "error") resolve(`${frame.errorType}: ${frame.errorMessage}`);
      },
    });
    void control.read((chunk) => reader.push(chunk));
  });
}
