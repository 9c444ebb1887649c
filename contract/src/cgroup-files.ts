import { MayflyError } from "./errors.ts";
import type { DeviceRate, Limits } from "./limits.ts";

/** The two interfaces of the kernel; a hybrid host enforces with v1's. */
export type CgroupVersion = "v1" | "v2";

/** One limit as a file of the leaf cgroup. Writes are carried out in their order. */
export interface CgroupWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** The kernel may lack this file, and the limit then goes unenforced; see `ENFORCEMENT` for why. */
  readonly bestEffort: boolean;
}

/** `major:minor` of each block device that the limits name, by its path. */
export type DeviceNumbers = Readonly<Record<string, string>>;

interface Throttle {
  readonly key: "deviceReadBps" | "deviceWriteBps" | "deviceReadIops" | "deviceWriteIops";
  readonly v1: string;
  readonly v2: string;
}

const THROTTLES: readonly Throttle[] = [
  { key: "deviceReadBps", v1: "blkio.throttle.read_bps_device", v2: "rbps" },
  { key: "deviceWriteBps", v1: "blkio.throttle.write_bps_device", v2: "wbps" },
  { key: "deviceReadIops", v1: "blkio.throttle.read_iops_device", v2: "riops" },
  { key: "deviceWriteIops", v1: "blkio.throttle.write_iops_device", v2: "wiops" },
];

/**
 * The conversion table: limits as files of a cgroup that was made just now, in docker's meaning of each limit (the OCI
 * runtime specification, as runc reads it). A limit that is null writes nothing: a fresh cgroup has none.
 * `memory.oom.group` is never written: the kernel kills the process that it chooses, and the receipt counts it.
 *
 * @throws MayflyError `invalidManifest` where the limits contradict each other, or name a device that is not there
 * @example cgroupWrites(limits, "v2") // [{ controller: "memory", file: "memory.max", value: "134217728", … }, …]
 */
export function cgroupWrites(
  limits: Limits,
  version: CgroupVersion,
  devices: DeviceNumbers = {},
): CgroupWrite[] {
  return [
    ...memoryWrites(limits, version),
    ...must("pids", limits.pidsLimit, "pids.max"),
    ...cpuWrites(limits, version),
    ...must("cpuset", limits.cpusetCpus, "cpuset.cpus"),
    ...ioWrites(limits, version, devices),
  ];
}

/**
 * The controllers that must be there for these limits to be enforced and counted. A leaf stands in the hierarchies of
 * these; those that cost time at every call (cpuset, blkio) only where a limit asks.
 */
export function controllersFor(limits: Limits, version: CgroupVersion): string[] {
  const wantsIo = limits.blkioWeight !== null || THROTTLES.some(({ key }) => limits[key].length > 0);
  return [
    "memory",
    "pids",
    "cpu",
    ...(version === "v1" ? ["cpuacct"] : []),
    ...(limits.cpusetCpus === null ? [] : ["cpuset"]),
    ...(wantsIo ? [ioController(version)] : []),
  ];
}

function memoryWrites(limits: Limits, version: CgroupVersion): CgroupWrite[] {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes } = limits;
  refuseSwapWithoutRoom(memoryBytes, memorySwapBytes);
  if (version === "v1") {
    return [
      ...must("memory", memoryBytes, "memory.limit_in_bytes"),
      // After the limit: the kernel refuses a sum that is below it.
      ...may("memory", memorySwapBytes, "memory.memsw.limit_in_bytes"),
      ...may("memory", memoryReservationBytes, "memory.soft_limit_in_bytes"),
    ];
  }
  const swapBytes = memoryBytes === null || memorySwapBytes === null ? null : memorySwapBytes - memoryBytes;
  return [
    ...must("memory", memoryBytes, "memory.max"),
    // v2 limits swap alone, where docker and v1 limit the sum.
    ...may("memory", swapBytes, "memory.swap.max"),
    ...may("memory", memoryReservationBytes, "memory.low"),
  ];
}

function refuseSwapWithoutRoom(memoryBytes: number | null, memorySwapBytes: number | null): void {
  if (memorySwapBytes === null) return;
  if (memoryBytes === null) {
    throw new MayflyError(
      "invalidManifest",
      "limits.memorySwap needs limits.memory: it is the sum of memory and swap.",
      {
        facts: { memorySwapBytes },
      },
    );
  }
  if (memorySwapBytes < memoryBytes) {
    throw new MayflyError(
      "invalidManifest",
      `limits.memorySwap (${memorySwapBytes} bytes) is the sum of memory and swap, so it cannot be below limits.memory (${memoryBytes} bytes). Raise it, or leave it out for no swap.`,
      { facts: { memoryBytes, memorySwapBytes } },
    );
  }
}

function cpuWrites(limits: Limits, version: CgroupVersion): CgroupWrite[] {
  const { cpuPeriodUs, cpuQuotaUs, cpuShares } = limits;
  if (version === "v1") {
    return [
      ...must("cpu", cpuShares, "cpu.shares"),
      ...must("cpu", cpuQuotaUs === null ? null : cpuPeriodUs, "cpu.cfs_period_us"),
      ...must("cpu", cpuQuotaUs, "cpu.cfs_quota_us"),
    ];
  }
  return [
    ...must("cpu", cpuWeightFromShares(cpuShares), "cpu.weight"),
    ...must("cpu", cpuQuotaUs === null ? null : `${cpuQuotaUs} ${cpuPeriodUs}`, "cpu.max"),
  ];
}

/** Maps docker's 2..262144 onto v2's 1..10000, as runc and crun do. */
export function cpuWeightFromShares(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

/** Maps docker's 10..1000 onto v2's 1..10000, as runc and crun do. */
export function ioWeightFromBlkioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

function ioWrites(limits: Limits, version: CgroupVersion, devices: DeviceNumbers): CgroupWrite[] {
  return [
    ...ioWeightWrites(limits.blkioWeight, version),
    ...THROTTLES.flatMap((throttle) =>
      limits[throttle.key].map((rate) => throttleWrite(throttle, rate, version, devices)),
    ),
  ];
}

/** A kernel has the file of the scheduler that is built in: BFQ's takes docker's numbers, io.weight its own. */
function ioWeightWrites(weight: number | null, version: CgroupVersion): CgroupWrite[] {
  if (version === "v1") {
    return [...may("blkio", weight, "blkio.weight"), ...may("blkio", weight, "blkio.bfq.weight")];
  }
  const ioWeight = weight === null ? null : ioWeightFromBlkioWeight(weight);
  return [...may("io", ioWeight, "io.weight"), ...may("io", weight, "io.bfq.weight")];
}

function throttleWrite(
  throttle: Throttle,
  { device, rate }: DeviceRate,
  version: CgroupVersion,
  devices: DeviceNumbers,
): CgroupWrite {
  const number = devices[device];
  if (number === undefined) {
    throw new MayflyError(
      "invalidManifest",
      `limits.${throttle.key} names ${device}, which is no block device of this worker. Name one that "lsblk --nodeps --paths" lists there.`,
      { facts: { limit: throttle.key, device } },
    );
  }
  return version === "v1"
    ? { controller: "blkio", file: throttle.v1, value: `${number} ${rate}`, bestEffort: false }
    : { controller: "io", file: "io.max", value: `${number} ${throttle.v2}=${rate}`, bestEffort: false };
}

function ioController(version: CgroupVersion): string {
  return version === "v1" ? "blkio" : "io";
}

function must(controller: string, value: number | string | null, file: string): CgroupWrite[] {
  return value === null ? [] : [{ controller, file, value: `${value}`, bestEffort: false }];
}

function may(controller: string, value: number | string | null, file: string): CgroupWrite[] {
  return value === null ? [] : [{ controller, file, value: `${value}`, bestEffort: true }];
}
