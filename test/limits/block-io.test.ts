import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Limits, limitsInputSchema, resolveLimits } from "@mayfly/contract";
import type { Sandboxes } from "@mayfly/sandbox-addon";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, PARENT, ROOT, WAYS } from "../../sandbox-addon/test/support/box.ts";

const MIB = 1024 ** 2;
const DISK = process.env["MAYFLY_TEST_DISK"] ?? "/var/tmp";
const DEVICE = execFileSync("df", ["--output=source", DISK], { encoding: "utf8" }).split("\n")[1] ?? "";
const HAS_DEVICE = statSync(DEVICE, { throwIfNoEntry: false })?.isBlockDevice() === true;

describe.each(WAYS)("block I/O limits of a process by $way, with cgroups in mode $mode", (given) => {
  let sandboxes: Sandboxes;
  let folder: string;
  beforeAll(async () => {
    sandboxes = await openWay(given);
    folder = mkdtempSync(join(DISK, `${PARENT}-`));
    chmodSync(folder, 0o755);
  });
  afterAll(async () => {
    await sandboxes.close();
    rmSync(folder, { recursive: true });
  });

  test.skipIf(!HAS_DEVICE)(`reads of ${DEVICE} are held at deviceReadBps, and counted`, async () => {
    coldFile(join(folder, "data"), 4 * MIB);
    const limits = resolveLimits(
      limitsInputSchema.parse({ deviceReadBps: [{ device: DEVICE, rate: "2m" }], timeoutMs: 60_000 }),
    );
    const { tookMs, counters, exitCode } = await readAll(limits);
    expect(exitCode).toBe(0);
    // Four MiB at two a second.
    expect(tookMs).toBeGreaterThan(1500);
    expect(counters.ioReadBytes).toBeGreaterThanOrEqual(4 * MIB);
    expect(counters.ioReadOps).toBeGreaterThan(0);
  });

  async function readAll(limits: Limits) {
    const startedAt = performance.now();
    const running = await sandboxes.start({
      argv: ["/bin/cat", "/data/data"],
      env: {},
      cwd: "/tmp",
      hostname: "reader",
      root: [...ROOT, { kind: "bind", source: folder, target: "/data" }],
      limits,
      control: "none",
      seccomp: "exec",
    });
    running.stdin.end();
    running.stdout.resume();
    running.stderr.resume();
    return { ...(await running.ended), tookMs: performance.now() - startedAt };
  }
});

/** A file none of whose pages are in memory. */
function coldFile(path: string, bytes: number): void {
  writeFileSync(path, Buffer.alloc(bytes, "x"), { flush: true });
  const drop = "import os, sys; fd = os.open(sys.argv[1], os.O_RDONLY); os.posix_fadvise(fd, 0, 0, 4)";
  execFileSync("python3", ["-c", drop, path]);
}
