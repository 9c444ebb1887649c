import { describe, expect, test } from "vitest";
import {
  type CgroupVersion,
  cgroupWrites,
  controllersFor,
  cpuWeightFromShares,
  type DeviceNumbers,
  ioWeightFromBlkioWeight,
} from "./cgroup-files.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

const UNLIMITED: Limits = {
  ...DEFAULT_LIMITS,
  cpuQuotaUs: null,
  memoryBytes: null,
  memorySwapBytes: null,
  pidsLimit: null,
};

/** The writes beyond those of no limits at all, as `file=value`, with `?` where the kernel may lack the file. */
function written(limits: Partial<Limits>, version: CgroupVersion, devices?: DeviceNumbers): string[] {
  const base = shown(cgroupWrites(UNLIMITED, version));
  return shown(cgroupWrites({ ...UNLIMITED, ...limits }, version, devices)).filter(
    (line) => !base.includes(line),
  );
}

function shown(writes: ReturnType<typeof cgroupWrites>): string[] {
  return writes.map(({ file, value, bestEffort }) => `${file}${bestEffort ? "?" : ""}=${value}`);
}

const VDA = { device: "/dev/vda", rate: 8_388_608 };
const DEVICES = { "/dev/vda": "254:0", "/dev/vdb": "254:16" };

const TABLE: [what: string, limits: Partial<Limits>, v1: string[], v2: string[]][] = [
  ["no limit writes nothing", {}, [], []],
  [
    "a quota is a quota per period",
    { cpuQuotaUs: 20_000, cpuPeriodUs: 100_000 },
    ["cpu.cfs_period_us=100000", "cpu.cfs_quota_us=20000"],
    ["cpu.max=20000 100000"],
  ],
  ["a period without a quota limits nothing", { cpuPeriodUs: 50_000 }, [], []],
  ["shares become a weight", { cpuShares: 512 }, ["cpu.shares=512"], ["cpu.weight=20"]],
  ["a CPU list is written as it is", { cpusetCpus: "0-2,4" }, ["cpuset.cpus=0-2,4"], ["cpuset.cpus=0-2,4"]],
  [
    "memory without swap",
    { memoryBytes: 1000, memorySwapBytes: 1000 },
    ["memory.limit_in_bytes=1000", "memory.memsw.limit_in_bytes?=1000"],
    ["memory.max=1000", "memory.swap.max?=0"],
  ],
  [
    "memorySwap is the sum on v1, and swap alone on v2",
    { memoryBytes: 1000, memorySwapBytes: 3000 },
    ["memory.limit_in_bytes=1000", "memory.memsw.limit_in_bytes?=3000"],
    ["memory.max=1000", "memory.swap.max?=2000"],
  ],
  [
    "unlimited swap is left to the kernel's default",
    { memoryBytes: 1000, memorySwapBytes: null },
    ["memory.limit_in_bytes=1000"],
    ["memory.max=1000"],
  ],
  [
    "a reservation",
    { memoryReservationBytes: 500 },
    ["memory.soft_limit_in_bytes?=500"],
    ["memory.low?=500"],
  ],
  ["pids", { pidsLimit: 64 }, ["pids.max=64"], ["pids.max=64"]],
  [
    "a block I/O weight goes to whichever scheduler is there",
    { blkioWeight: 500 },
    ["blkio.weight?=500", "blkio.bfq.weight?=500"],
    ["io.weight?=4950", "io.bfq.weight?=500"],
  ],
  [
    "bytes read per second",
    { deviceReadBps: [VDA] },
    ["blkio.throttle.read_bps_device=254:0 8388608"],
    ["io.max=254:0 rbps=8388608"],
  ],
  [
    "bytes written per second",
    { deviceWriteBps: [VDA] },
    ["blkio.throttle.write_bps_device=254:0 8388608"],
    ["io.max=254:0 wbps=8388608"],
  ],
  [
    "reads per second, of two devices",
    {
      deviceReadIops: [
        { device: "/dev/vda", rate: 100 },
        { device: "/dev/vdb", rate: 7 },
      ],
    },
    ["blkio.throttle.read_iops_device=254:0 100", "blkio.throttle.read_iops_device=254:16 7"],
    ["io.max=254:0 riops=100", "io.max=254:16 riops=7"],
  ],
  [
    "writes per second",
    { deviceWriteIops: [{ device: "/dev/vda", rate: 100 }] },
    ["blkio.throttle.write_iops_device=254:0 100"],
    ["io.max=254:0 wiops=100"],
  ],
];

describe.each(TABLE)("%s", (_what, limits, v1, v2) => {
  test("on v1", () => expect(written(limits, "v1", DEVICES)).toEqual(v1));
  test("on v2", () => expect(written(limits, "v2", DEVICES)).toEqual(v2));
});

test("the defaults, in the order in which they are written", () => {
  expect(shown(cgroupWrites(DEFAULT_LIMITS, "v1"))).toEqual([
    "memory.limit_in_bytes=134217728",
    "memory.memsw.limit_in_bytes?=134217728",
    "pids.max=64",
    "cpu.shares=1024",
    "cpu.cfs_period_us=100000",
    "cpu.cfs_quota_us=100000",
  ]);
  expect(shown(cgroupWrites(DEFAULT_LIMITS, "v2"))).toEqual([
    "memory.max=134217728",
    "memory.swap.max?=0",
    "pids.max=64",
    "cpu.weight=39",
    "cpu.max=100000 100000",
  ]);
});

test("every file belongs to the controller that its name begins with", () => {
  const limits = {
    ...DEFAULT_LIMITS,
    cpusetCpus: "0",
    blkioWeight: 500,
    deviceReadBps: [VDA],
    memoryReservationBytes: 1,
  };
  for (const version of ["v1", "v2"] as const) {
    for (const { controller, file } of cgroupWrites(limits, version, DEVICES)) {
      expect(file.split(".")[0]).toBe(controller);
    }
  }
});

test.each([
  [2, 1],
  [1024, 39],
  [262_144, 10_000],
])("%d shares are a weight of %d", (shares, weight) => expect(cpuWeightFromShares(shares)).toBe(weight));

test.each([
  [10, 1],
  [500, 4950],
  [1000, 10_000],
])("a blkioWeight of %d is an io.weight of %d", (weight, io) =>
  expect(ioWeightFromBlkioWeight(weight)).toBe(io),
);

test("cpuset and block I/O are needed only where a limit asks", () => {
  expect(controllersFor(DEFAULT_LIMITS, "v1")).toEqual(["memory", "pids", "cpu", "cpuacct"]);
  expect(controllersFor(DEFAULT_LIMITS, "v2")).toEqual(["memory", "pids", "cpu"]);
  const asking = { ...DEFAULT_LIMITS, cpusetCpus: "0", deviceReadBps: [VDA] };
  expect(controllersFor(asking, "v1")).toEqual(["memory", "pids", "cpu", "cpuacct", "cpuset", "blkio"]);
  expect(controllersFor(asking, "v2")).toEqual(["memory", "pids", "cpu", "cpuset", "io"]);
});

test("a sum of memory and swap below the memory is refused", () => {
  const limits = { ...DEFAULT_LIMITS, memoryBytes: 2000, memorySwapBytes: 1000 };
  expect(() => cgroupWrites(limits, "v1")).toThrow(/memorySwap \(1000 bytes\).*below limits.memory/);
});

test("a limit on swap without one on memory is refused", () => {
  const limits = { ...UNLIMITED, memorySwapBytes: 1000 };
  expect(() => cgroupWrites(limits, "v2")).toThrow(/memorySwap needs limits.memory/);
});

test("a device that this host lacks is refused by name", () => {
  const limits = { ...DEFAULT_LIMITS, deviceReadBps: [{ device: "/dev/nothing", rate: 1 }] };
  expect(() => cgroupWrites(limits, "v2", DEVICES)).toThrow(/deviceReadBps names \/dev\/nothing/);
});
