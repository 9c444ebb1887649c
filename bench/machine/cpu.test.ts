import { expect, it } from "vitest";
import { busyMs } from "./cpu.ts";

it("what is idle, waits for a disk or is stolen does not count as CPU time", () => {
  //                    user nice system idle iowait irq softirq steal guest guest_nice
  expect(busyMs("cpu  100 20 30 99999 8888 4 5 7777 50 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n")).toBe(1590);
});
