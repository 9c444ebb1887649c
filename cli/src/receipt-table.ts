import type { Receipt } from "@mayfly/contract";
import { bytes, duration } from "./quantities.ts";
import { pairs } from "./table.ts";

/** What a kernel or cgroup mode does not count is told as such: it is not nought. */
const UNKNOWN = "not counted here";

/** A receipt in a few lines, for people. */
export function receiptTable({
  timing,
  cpu,
  memory,
  pids,
  output,
  cgroupMode,
  isolation,
  worker,
}: Receipt): string {
  return pairs([
    [
      "time",
      `queue ${duration(timing.queueUs)}, set-up ${duration(timing.setupUs)}, init ${duration(timing.initUs)}, run ${duration(timing.runUs)}, tear-down ${duration(timing.teardownUs)}`,
    ],
    ["cpu", cpu.usageUs === null ? UNKNOWN : `${duration(cpu.usageUs)}${throttled(cpu)}`],
    ["memory", `peak ${ofLimit(memory.peakBytes, memory.limitBytes, bytes)}${oomKills(memory.oomKills)}`],
    ["pids", `peak ${ofLimit(pids.peak, pids.limit, String)}`],
    ["output", `result ${bytes(output.resultBytes)}, log ${bytes(output.logBytes)}`],
    ["where", `${worker}, cgroup ${cgroupMode}, ${isolation}`],
  ]);
}

function throttled({ throttledPeriods, periods, throttledUs }: Receipt["cpu"]): string {
  if (throttledPeriods === null || periods === null) return "";
  if (throttledPeriods === 0) return ", never throttled";
  return `, throttled in ${throttledPeriods} of ${periods} periods (${duration(throttledUs ?? 0)})`;
}

function oomKills(count: number | null): string {
  return count === null || count === 0 ? "" : `, ${count} killed for memory`;
}

function ofLimit(value: number | null, limit: number | null, show: (value: number) => string): string {
  const used = value === null ? UNKNOWN : show(value);
  return limit === null ? `${used}, no limit` : `${used} of ${show(limit)}`;
}
