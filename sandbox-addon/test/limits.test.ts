import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandboxes } from "../src/index.ts";
import { openWay, python, shell, WAYS } from "./support/box.ts";

const MIB = 1024 ** 2;

describe.each(WAYS)("limits, by $way, with cgroups in mode $mode", (way) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openWay(way);
  });
  afterAll(() => sandboxes.close());

  test("a full tmpfs is ENOSPC, for /tmp and /dev/shm together", async () => {
    const { stdout } = await shell(
      sandboxes,
      "head -c 6m /dev/zero > /tmp/a && echo first; head -c 6m /dev/zero 2>&1 > /dev/shm/b || echo refused",
      { limits: { tmpfsSize: "8m" } },
    );
    expect(stdout).toMatch(/^first\n.*No space left on device\nrefused$/s);
  });

  test("the number of files is capped exactly", async () => {
    const { stdout } = await shell(
      sandboxes,
      "i=0; while [ $i -lt 100 ]; do touch /tmp/$i 2>/dev/null || break; i=$((i+1)); done; echo $i",
      { limits: { tmpfsInodes: 20 } },
    );
    expect(stdout).toBe("20");
  });

  test("a sparse file longer than the tmpfs is EFBIG", async () => {
    const { stdout } = await python(
      sandboxes,
      "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntry:\n  os.truncate(open('/tmp/x','w').name, 1 << 37)\nexcept OSError as e:\n  print(e.strerror)",
    );
    expect(stdout).toBe("File too large");
  });

  test("ulimits hold, and cannot be raised", async () => {
    const { stdout } = await python(
      sandboxes,
      `import resource, errno
print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))
try:
  resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
except (OSError, ValueError) as e:
  print('refused')
try:
  while True: open('/dev/null').__class__ and globals().setdefault('f', []).append(open('/dev/null'))
except OSError as e:
  print(errno.errorcode[e.errno])`,
      { limits: { ulimits: { nofile: { soft: 32, hard: 32 } } } },
    );
    expect(stdout).toBe("(32, 32) (1, 1)\nrefused\nEMFILE");
  });

  test("a fork bomb is held by the pids limit, and only the function's own processes count", async () => {
    const result = await python(
      sandboxes,
      `import os, time
n = 1
try:
  while True:
    if os.fork() == 0: time.sleep(60)
    n += 1
except OSError as e:
  print(n, e.strerror)`,
      { limits: { pidsLimit: 16 } },
    );
    expect(result.stdout).toBe("16 Resource temporarily unavailable");
    expect(result.counters.pidsRefused).toBe(1);
    if (result.counters.pidsPeak !== null) expect(result.counters.pidsPeak).toBe(16);
  });

  test("exceeding the memory limit is a memory kill of the main process, and says so", async () => {
    const result = await python(sandboxes, "x = bytearray(256 << 20)\nprint('done')", {
      limits: { memory: "32m" },
    });
    expect(result).toMatchObject({ exitCode: null, signal: "SIGKILL", killedBy: null, mainOomKilled: true });
    expect(result.counters.oomKills).toBeGreaterThanOrEqual(1);
    expect(result.counters.memoryPeakBytes).toBeLessThanOrEqual(32 * MIB);
    expect(result.counters.memoryPeakBytes).toBeGreaterThan(30 * MIB);
  });

  test("a memory kill of a child is counted, and the main process goes on", async () => {
    const result = await python(
      sandboxes,
      `import os
pid = os.fork()
if pid == 0:
  x = bytearray(256 << 20)
print(os.waitpid(pid, 0)[1])`,
      { limits: { memory: "32m" } },
    );
    expect(result).toMatchObject({ stdout: "9", exitCode: 0, mainOomKilled: false });
    expect(result.counters.oomKills).toBe(1);
  });

  test("what is written to the tmpfs is charged to the function", async () => {
    const result = await shell(sandboxes, "head -c 64m /dev/zero > /tmp/x; echo $?", {
      limits: { memory: "24m", tmpfsSize: "100m" },
    });
    expect(result.counters.oomKills).toBeGreaterThanOrEqual(1);
  });

  test("the wall limit ends it within 100 ms", async () => {
    const started = Date.now();
    const result = await shell(sandboxes, "trap '' TERM INT; while :; do :; done", {
      limits: { timeoutMs: 300 },
    });
    const took = Date.now() - started - result.setupUs / 1000 - result.teardownUs / 1000;
    expect(result).toMatchObject({ signal: "SIGKILL", killedBy: "timedOut" });
    expect(took).toBeGreaterThan(295);
    expect(took).toBeLessThan(400);
  });

  test("the CPU limit ends a busy loop, and leaves one that sleeps alone", async () => {
    const busy = await shell(sandboxes, "while :; do :; done", { limits: { cpuTimeMs: 200, cpus: 2 } });
    expect(busy).toMatchObject({ signal: "SIGKILL", killedBy: "cpuTimeExceeded" });
    expect(busy.counters.cpuUsageUs).toBeGreaterThanOrEqual(200_000);
    expect(busy.counters.cpuUsageUs).toBeLessThan(600_000);
    const idle = await shell(sandboxes, "sleep 1.2", { limits: { cpuTimeMs: 1000 } });
    expect(idle).toMatchObject({ exitCode: 0, killedBy: null });
  });

  test("a CPU quota throttles, and the kernel's counters tell", async () => {
    const result = await shell(sandboxes, "while :; do :; done", {
      limits: { cpuPeriod: 100_000, cpuQuota: 20_000, timeoutMs: 2000 },
    });
    expect(result.counters.cpuThrottledPeriods).toBeGreaterThan(0);
    expect(result.counters.cpuUsageUs ?? 0).toBeLessThan(2_000_000 * 0.25);
  });

  test("a CPU set binds", async () => {
    const { stdout } = await python(sandboxes, "import os\nprint(os.sched_getaffinity(0))", {
      limits: { cpusetCpus: "0" },
    });
    expect(stdout).toBe("{0}");
  });
});
