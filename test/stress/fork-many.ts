import { readFile } from "node:fs/promises";
import { childrenOf, descriptorsOf, residentBytes, zygotesOf } from "../support/process-usage.ts";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import { metricSum, type System } from "../support/system.ts";
import { tracesOf } from "../support/traces.ts";

const IN_FLIGHT = 8;
/** V8, Redis's client and the pool grow to their size in the first calls. */
const WARM_UP_CALLS = 300;

/** What must not grow with the number of forks. */
export interface Usage {
  readonly zygotes: number;
  readonly zygoteBytes: number;
  readonly zygoteDescriptors: number;
  readonly launcherBytes: number;
  readonly launcherDescriptors: number;
  readonly workerBytes: number;
  readonly workerDescriptors: number;
  readonly cgroups: number;
  /** Of the whole machine, so that others' work is in it. */
  readonly kernelSlabBytes: number;
}

export interface Forked {
  readonly calls: number;
  /** What was answered otherwise than it should be. */
  readonly wrong: string[];
  readonly seconds: number;
  readonly before: Usage;
  readonly after: Usage;
  readonly starts: Awaited<ReturnType<typeof startsOf>>;
  readonly leaked: number;
}

/** Calls one function so many times, each call a copy of one and the same zygote, and looks at what is left. */
export async function forkMany(calls: number, progress: (done: number) => void = () => {}): Promise<Forked> {
  const parent = `mayfly-stress-${process.pid}`;
  await using system = await startSystemBy("fork", {
    MAYFLY_CGROUP_PARENT: parent,
    // A successor would hide what its predecessor has gathered.
    MAYFLY_ZYGOTE_MAX_FORKS: String(calls * 10 + 10_000),
    MAYFLY_ZYGOTE_MAX_AGE_MS: "86400000",
  });
  await system.deploy(
    { name: "busy", runtime: "nodejs24", entry: "index.ts" },
    {
      "index.ts": `import { createHash, randomUUID } from "node:crypto"; import { readFile, writeFile } from "node:fs/promises";
        export default async ({ n }) => {
          await writeFile("/tmp/n", String(n));
          return { n: Number(await readFile("/tmp/n", "utf8")), hash: createHash("sha256").update(String(n)).digest("hex").length, pid: process.pid, uuid: randomUUID() };
        };`,
    },
  );
  const seen = new Set<string>();
  const wrong: string[] = [];
  await callMany(system, WARM_UP_CALLS, seen, wrong, () => {});
  const before = await usageOf(system, parent);
  const startedAt = performance.now();
  await callMany(system, calls, seen, wrong, progress);
  const seconds = (performance.now() - startedAt) / 1000;
  await untilIdle(system);
  const after = await usageOf(system, parent);
  const leaked = metricSum(await system.workerMetrics(), "mayfly_leaked_total");
  return { calls, wrong, seconds, before, after, starts: await startsOf(system), leaked };
}

async function callMany(
  system: System,
  calls: number,
  seen: Set<string>,
  wrong: string[],
  progress: (done: number) => void,
): Promise<void> {
  let next = 0;
  const callOnce = async (n: number) => {
    const answer = await system.call("busy", { n });
    const text = await answer.text();
    const result = answer.ok ? (JSON.parse(text) as Record<string, unknown>) : {};
    const uuid = String(result["uuid"]);
    if (result["n"] !== n || result["hash"] !== 64 || result["pid"] !== 2 || seen.has(uuid))
      wrong.push(`call ${n}: ${answer.status} ${text}`);
    seen.add(uuid);
  };
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < calls) {
        const n = next++;
        await callOnce(n);
        if ((n + 1) % 1000 === 0) progress(n + 1);
      }
    }),
  );
}

/** The last tear-downs go on behind their answers. */
async function untilIdle(system: System): Promise<void> {
  const until = Date.now() + 10_000;
  while (Date.now() < until) {
    if (metricSum(await system.workerMetrics(), "mayfly_worker_slots", { state: "busy" }) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function usageOf(system: System, parent: string): Promise<Usage> {
  // The pool of parked copies shrinks to what is asked for now.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const worker = system.workers[0]?.pid ?? 0;
  const [launcher = 0] = await childrenOf(worker);
  const zygotes = await zygotesOf(worker);
  const [zygote = 0] = zygotes;
  const meminfo = await readFile("/proc/meminfo", "utf8");
  return {
    zygotes: zygotes.length,
    zygoteBytes: await residentBytes(zygote),
    zygoteDescriptors: await descriptorsOf(zygote),
    launcherBytes: await residentBytes(launcher),
    launcherDescriptors: await descriptorsOf(launcher),
    workerBytes: await residentBytes(worker),
    workerDescriptors: await descriptorsOf(worker),
    cgroups: (await tracesOf(parent)).cgroups.length,
    kernelSlabBytes: Number(/^Slab:\s+(\d+)/m.exec(meminfo)?.[1]) * 1024,
  };
}
