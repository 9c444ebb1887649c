import { readFileSync } from "node:fs";

/** proc(5): the kernel reports in hundredths of a second, whatever its own clock is. */
const TICK_MS = 10;

/**
 * CPU time that the whole machine has spent so far, all cores together: no process, kernel thread or exited child is
 * forgotten, as it would be by a sum over processes.
 */
export function machineCpuMs(): number {
  return busyMs(readFileSync("/proc/stat", "utf8"));
}

/** Neither idle, nor waiting for a disk, nor stolen by the host; `user` and `nice` hold the guests' time already. */
export function busyMs(stat: string): number {
  const [, user, nice, system, , , irq, softirq] = stat.split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (
    [user, nice, system, irq, softirq].reduce<number>((total, ticks) => total + (ticks ?? 0), 0) * TICK_MS
  );
}

/** What passes between its making and `spent`. */
export function startCpuMeter(): { spent(): { machineCpuMs: number; loadCpuMs: number } } {
  const machine = machineCpuMs();
  const own = process.cpuUsage();
  return {
    spent() {
      const { user, system } = process.cpuUsage(own);
      return { machineCpuMs: machineCpuMs() - machine, loadCpuMs: (user + system) / 1000 };
    },
  };
}
