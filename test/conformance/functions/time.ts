import assert from "node:assert/strict";
import { once } from "node:events";
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import timers from "node:timers/promises";
import { answering, failureOf, type Questions, shapeOf } from "./answers.ts";

const near = (a: number, b: number, within: number) => assert.ok(Math.abs(a - b) <= within, `${a} and ${b}`);

export const questions: Questions = {
  "performance.now() begins with the process, not with what it was copied from": () => {
    const now = performance.now();
    assert.ok(now > 0 && now < 3000, `${now} ms`);
  },
  "performance.timeOrigin is the time of the start, and fits the clock": () => {
    near(performance.timeOrigin + performance.now(), Date.now(), 50);
    assert.ok(Date.now() - performance.timeOrigin < 3000);
  },
  "process.uptime() and performance.now() are one clock": () =>
    near(process.uptime() * 1000, performance.now(), 20),
  "process.hrtime() and hrtime.bigint() are one clock, and go on": async () => {
    const [seconds, nanoseconds] = process.hrtime();
    const before = process.hrtime.bigint();
    near(seconds * 1e9 + nanoseconds, Number(before), 20e6);
    await timers.setTimeout(5);
    assert.ok(process.hrtime.bigint() - before > 4_000_000n);
  },
  "marks and measures": () => {
    const mark = performance.mark("begun");
    near(mark.startTime, performance.now(), 20);
    const measure = performance.measure("all of it", { start: 0, end: performance.now() });
    near(measure.duration, performance.now(), 20);
    performance.clearMarks();
    return performance.getEntriesByType("mark").length;
  },
  "an observer hears of marks": async () => {
    const heard = new Promise((resolve) => {
      const observer = new PerformanceObserver((list) => {
        observer.disconnect();
        resolve(list.getEntries().map(({ name }) => name));
      });
      observer.observe({ type: "mark" });
    });
    performance.mark("heard");
    return await heard;
  },
  "performance.nodeTiming says that the process was started": () => {
    const { nodeStart, loopStart, duration } = performance.nodeTiming;
    assert.ok(nodeStart >= 0 && duration > 0 && duration < 3000, `${nodeStart} ${loopStart} ${duration}`);
    return shapeOf(performance.nodeTiming.toJSON());
  },
  "the event loop's use": async () => {
    const before = performance.eventLoopUtilization();
    await timers.setTimeout(20);
    const { idle, utilization } = performance.eventLoopUtilization(before);
    assert.ok(idle > 0 && utilization >= 0 && utilization <= 1, `${idle} ${utilization}`);
  },
  "the event loop's delay": async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await timers.setTimeout(30);
    delay.disable();
    assert.ok(delay.count > 0 && delay.max > 0);
  },
  "timers fire in the order of their times": async () => {
    const fired: number[] = [];
    await Promise.all(
      [30, 10, 20, 1].map(
        (ms) => new Promise<void>((done) => setTimeout(() => done(void fired.push(ms)), ms)),
      ),
    );
    return fired;
  },
  "a timer takes its time": async () => {
    const before = performance.now();
    await timers.setTimeout(50);
    assert.ok(performance.now() - before >= 49);
  },
  "ticks before promises before immediates": async () => {
    const order: string[] = [];
    await new Promise<void>((done) => {
      setImmediate(() => done(void order.push("immediate")));
      queueMicrotask(() => void order.push("microtask"));
      void Promise.resolve().then(() => order.push("promise"));
      process.nextTick(() => void order.push("tick"));
      order.push("now");
    });
    return order;
  },
  "an interval, an iterated one, and one that is refreshed and cleared": async () => {
    let count = 0;
    for await (const value of timers.setInterval(2, "tick")) if (value === "tick" && ++count === 3) break;
    const timer = setTimeout(() => {}, 1e6).refresh();
    const hadRef = timer.hasRef();
    clearTimeout(timer.unref());
    return [count, hadRef, timer.hasRef()];
  },
  "AbortSignal.timeout() and a timer that is aborted": async () => {
    const signal = AbortSignal.timeout(10);
    await once(signal, "abort");
    return [
      (signal.reason as Error).name,
      await failureOf(() => timers.setTimeout(1000, 0, { signal })),
      await failureOf(() => timers.scheduler.wait(1000, { signal })),
    ];
  },
  "the time zone and the calendar": () => [
    process.env["TZ"],
    new Date(0).toString(),
    Intl.DateTimeFormat().resolvedOptions(),
  ],
  "another time zone may be set": () => {
    const before = process.env["TZ"];
    process.env["TZ"] = "Europe/Berlin";
    const hours = new Date(0).getHours();
    process.env["TZ"] = before;
    return [hours, new Date(0).getHours()];
  },
  "the machine's own time since its start is hidden alike": async () => {
    const { readFileSync } = await import("node:fs");
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    const { uptime: osUptime } = await import("node:os");
    near(uptime, osUptime(), 2);
  },
};

export default answering(questions);
